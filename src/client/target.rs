//! Paths and queries under `/api/v1`, with everything escaped: an id is one segment, whatever a
//! person typed.

use std::fmt::Write as _;

/// What a request is about: `/sessions/shop-1/wait?for=idle`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: String,
    queried: bool,
}

impl Target {
    /// From segments: `["sessions", id, "wait"]`.
    #[must_use]
    pub fn new(segments: &[&str]) -> Self {
        let mut text = String::from("/api/v1");
        for segment in segments {
            text.push('/');
            escape(segment, &mut text);
        }
        Self { text, queried: false }
    }

    /// With `name=value`, if there is a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        if let Some(value) = value {
            self.text.push(if self.queried { '&' } else { '?' });
            self.queried = true;
            escape(name, &mut self.text);
            self.text.push('=');
            escape(value.as_ref(), &mut self.text);
        }
        self
    }

    /// With `name=true`, if so.
    #[must_use]
    pub fn flag(self, name: &str, on: bool) -> Self {
        self.with(name, on.then_some("true"))
    }

    /// Path and query as they stand in the request line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters. Segments of dots only are escaped
/// too, so that no path is ever walked upwards.
fn escape(text: &str, out: &mut String) {
    let dots = text.bytes().all(|b| b == b'.');
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
        if plain || (byte == b'.' && !dots) {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(Target::new(&["sessions", "shop-1"]).as_str(), "/api/v1/sessions/shop-1");
        assert_eq!(Target::new(&["sessions", "../x"]).as_str(), "/api/v1/sessions/..%2Fx");
        assert_eq!(Target::new(&["sessions", ".."]).as_str(), "/api/v1/sessions/%2E%2E");
        assert_eq!(Target::new(&["é?#"]).as_str(), "/api/v1/%C3%A9%3F%23");
    }

    #[test]
    fn absent_values_are_left_out() {
        let target = Target::new(&["events"])
            .with("project", None::<&str>)
            .with("kind", Some("a&b"))
            .flag("follow", true)
            .flag("x", false);
        assert_eq!(target.as_str(), "/api/v1/events?kind=a%26b&follow=true");
    }
}
