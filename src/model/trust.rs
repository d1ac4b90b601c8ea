//! Whether commands that come with a repository may run: only exactly those that a person has seen.

/// What is known of a project's commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// There are none.
    Nothing,
    /// A person has agreed to exactly these.
    Trusted,
    /// Nobody has agreed to any.
    Untrusted,
    /// A person has agreed to others.
    Changed,
}

impl Trust {
    /// Compares what was agreed to with what there is, both by hash.
    #[must_use]
    pub fn of(pinned: Option<&str>, found: Option<&str>) -> Self {
        match (pinned, found) {
            (_, None) => Self::Nothing,
            (None, Some(_)) => Self::Untrusted,
            (Some(pinned), Some(found)) if pinned == found => Self::Trusted,
            (Some(_), Some(_)) => Self::Changed,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
            Self::Changed => "changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_is_trusted() {
        assert_eq!(Trust::of(Some("a"), Some("a")), Trust::Trusted);
        assert_eq!(Trust::of(Some("a"), Some("b")), Trust::Changed);
        assert_eq!(Trust::of(None, Some("a")), Trust::Untrusted);
        assert_eq!(Trust::of(Some("a"), None), Trust::Nothing);
    }
}
