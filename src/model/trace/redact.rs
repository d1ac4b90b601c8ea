//! Takes secrets out of what is kept of tool calls. README.md lists the patterns; they are meant
//! for accidents, not for somebody who wants a secret to get through.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

/// What stands in a secret's place.
pub const REDACTED: &str = "[redacted]";

/// Shortest value of a variable that is looked for, in bytes: a shorter one would also be a word.
const SHORTEST: usize = 6;

/// Part of a name that makes its value a secret.
const SECRET_NAME: &str = r"(?:key|token|secret|passw(?:or)?d|credential)s?";

/// Patterns with the secret as the group `s`, or all of the match.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let assigned = format!(
        r#"(?i)\b[a-z0-9_.-]*{SECRET_NAME}[a-z0-9_]*["']?[ \t]*[=:][ \t]*["']?(?<s>[^\s"'\\,;&|<>(){{}}]{{4,}})"#
    );
    [
        // Private keys, whole.
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        // Tokens that are known by their form.
        r"\bsk-[A-Za-z0-9_-]{16,}",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
        r"\bglpat-[A-Za-z0-9_-]{16,}",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bAIza[A-Za-z0-9_-]{30,}",
        r"\b(?:npm|hf|pypi)[_-][A-Za-z0-9_-]{20,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        // Headers.
        r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest)\s+)?(?<s>[^\s"'\\]+)"#,
        r"(?i)\bbearer\s+(?<s>[A-Za-z0-9._~+/=-]{8,})",
        // Names and passwords in addresses.
        r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?<s>[^\s/@]+)@",
        // Assignments to what is called a key, a token, a secret or a password.
        &assigned,
    ]
    .iter()
    .map(|pattern| Regex::new(pattern).expect("each pattern is tested"))
    .collect()
});

static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i){SECRET_NAME}")).expect("the pattern is tested"));

/// Takes out what the patterns know, the values of a session's secret variables, and what the
/// person's own pattern matches.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    values: BTreeSet<String>,
    own: Option<Regex>,
}

impl Redactor {
    /// For a session with this environment; `own` is the person's pattern.
    pub fn new<'a>(
        environment: impl IntoIterator<Item = (&'a String, &'a String)>,
        own: Option<Regex>,
    ) -> Self {
        let secrets = environment
            .into_iter()
            .filter(|(name, value)| NAME.is_match(name) && value.len() >= SHORTEST);
        Self { values: secrets.map(|(_, value)| value.clone()).collect(), own }
    }

    /// The text without its secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), REDACTED));
            }
        }
        for pattern in PATTERNS.iter().chain(&self.own) {
            if pattern.is_match(&text) {
                text = Cow::Owned(pattern.replace_all(&text, replaced).into_owned());
            }
        }
        text
    }

    /// The value without its secrets: in each text of it, and whatever stands under a name that
    /// says so.
    #[must_use]
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text).into_owned()),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| {
                    let hidden = value.is_string() && NAME.is_match(name) && names_a_secret(name);
                    let value = if hidden { REDACTED.into() } else { self.value(value) };
                    (name.clone(), value)
                };
                Value::Object(fields.iter().map(field).collect())
            }
            other => other.clone(),
        }
    }
}

/// Whether a field of this name holds a secret itself. `keywords` and `tokenizer` do not.
fn names_a_secret(name: &str) -> bool {
    let end = Regex::new(&format!("(?i){SECRET_NAME}$"));
    end.is_ok_and(|end| end.is_match(name)) && name.len() > 3
}

/// The match with its secret replaced.
fn replaced(found: &Captures<'_>) -> String {
    let all = &found[0];
    let Some(secret) = found.name("s") else { return REDACTED.to_owned() };
    if secret.as_str().starts_with(REDACTED) || secret.as_str().starts_with("[redacted") {
        return all.to_owned();
    }
    let begin = found.get(0).map_or(0, |whole| whole.start());
    let (from, to) = (secret.start() - begin, secret.end() - begin);
    format!("{}{REDACTED}{}", &all[..from], &all[to..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> String {
        Redactor::default().text(text).into_owned()
    }

    #[test]
    fn documented_secrets_go() {
        for (text, secret) in [
            ("use sk-ant-api03-AbCdEf0123456789xyz now", "sk-ant-api03-AbCdEf0123456789xyz"),
            ("ghp_0123456789abcdefghij0123456789abcdef", "ghp_0123456789abcdefghij"),
            ("curl -H 'Authorization: Bearer abc.def-123' x", "abc.def-123"),
            ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
            ("export FOO_TOKEN=abc123", "abc123"),
            ("{\"api_key\": \"q1w2e3r4\"}", "q1w2e3r4"),
            ("DB_PASSWORD='hunter22'", "hunter22"),
            ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
            ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
            ("postgres://app:s3cr3t@db/x", "s3cr3t"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----", "MIIE"),
            ("xoxb-1234567890-abcdef", "xoxb-1234567890-abcdef"),
        ] {
            let cleaned = plain(text);
            assert!(!cleaned.contains(secret) && cleaned.contains(REDACTED), "{text}: {cleaned}");
            assert_eq!(plain(&cleaned), cleaned, "once is enough");
        }
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "cargo test --lib keys",
            "fn tokens(&self) -> u32 { 3 }",
            "the key is under the mat",
            "https://example.org:8080/path",
            "let key = x;",
            "sk-learn",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn values_of_the_environment_go_wherever_they_are() {
        let environment = [
            ("FOO_TOKEN".to_owned(), "abc123".to_owned()),
            ("SHORT_KEY".to_owned(), "on".to_owned()),
            ("HOME".to_owned(), "/home/someone".to_owned()),
        ];
        let redactor = Redactor::new(environment.iter().map(|(n, v)| (n, v)), None);
        assert_eq!(redactor.text("got abc123 on /home/someone"), "got [redacted] on /home/someone");
    }

    #[test]
    fn a_value_is_redacted_in_all_its_texts() {
        let own = Some(Regex::new("customer-[0-9]+").unwrap());
        let value = json!({
            "command": "FOO_TOKEN=abcdef ./run customer-77",
            "password": "x",
            "list": ["Bearer abcdefghij", 3],
            "keywords": "a b",
            "key": "ArrowDown",
        });
        let cleaned = Redactor::new([], own).value(&value);
        assert_eq!(
            cleaned,
            json!({
                "command": "FOO_TOKEN=[redacted] ./run [redacted]",
                "password": "[redacted]",
                "list": ["Bearer [redacted]", 3],
                "keywords": "a b",
                "key": "ArrowDown",
            })
        );
    }
}
