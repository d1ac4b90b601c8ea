//! Identifiers as types, so that a project's id never stands where a session's belongs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest id of a project or session, in characters.
pub const MAX_SLUG: usize = 41;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither empty nor over-long ids exist.
    #[error("an id has 1 to {MAX_SLUG} characters, this has {0}")]
    Length(usize),
    /// `^[a-z0-9][a-z0-9-]{0,40}$`, or the form of the id's kind.
    #[error("{0:?} is not an id: only a-z, 0-9 and -, starting with a letter or digit")]
    Form(String),
}

/// Checks `^[a-z0-9][a-z0-9-]{0,40}$`.
fn check_slug(text: &str) -> Result<(), IdError> {
    let length = text.chars().count();
    if length == 0 || length > MAX_SLUG {
        return Err(IdError::Length(length));
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if !plain(text.as_bytes()[0]) || !text.bytes().all(|b| plain(b) || b == b'-') {
        return Err(IdError::Form(text.to_owned()));
    }
    Ok(())
}

/// Checks `PREFIX` followed by six or more of a-z, 0-9 and `-`.
fn check_prefixed(text: &str, prefix: &str) -> Result<(), IdError> {
    let tail = text.strip_prefix(prefix).ok_or_else(|| IdError::Form(text.to_owned()))?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if tail.len() < 6 || tail.len() > MAX_SLUG || !tail.bytes().all(plain) {
        return Err(IdError::Form(text.to_owned()));
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes exactly the id's form; nothing is folded or completed.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let check: fn(&str) -> Result<(), IdError> = $check;
                check(&text)?;
                Ok(Self(text))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A registered repository: a slug of its folder's name.
    ProjectId,
    check_slug
);
id!(
    /// One agent at work; stays the same over relaunches.
    SessionId,
    check_slug
);
id!(
    /// A message: `m-` and six or more of a-z, 0-9, -.
    MessageId,
    |text| check_prefixed(text, "m-")
);

/// One launch of a session's agent: 1, 2, 3 …, never reused. 0 means not launched yet.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Generation(pub u32);

impl Generation {
    /// The generation of the next launch.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds from `earlier` to here, 0 if the clock went back.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// The moment `ms` milliseconds later; the end of time where that is too far.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_exact() {
        for good in ["a", "0", "shop-1", "a-", &"a".repeat(41)] {
            assert!(SessionId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "../a", "a/b", "é", " a", "a\n", &"a".repeat(42)] {
            assert!(SessionId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn message_ids_have_their_prefix() {
        assert!(MessageId::parse("m-0a1b2c").is_ok());
        for bad in ["m-", "m-abc", "x-abcdef", "m-ABCDEF", "abcdef"] {
            assert!(MessageId::parse(bad).is_err(), "{bad}");
        }
    }
}
