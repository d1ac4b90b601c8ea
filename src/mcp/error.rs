//! What a tool says when it cannot do what it was asked: one sentence with what to do next.

use serde_json::Value;

use crate::client::ClientError;
use crate::wire::error::{ApiError, ErrorCode};

/// Longest sentence in characters: a model pays for every word.
const LONGEST: usize = 1200;

/// Why a tool did not do it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{sentence}")]
pub(super) struct ToolError {
    /// For the model.
    sentence: String,
    /// What is there now, where somebody else was faster.
    pub(super) current: Option<Value>,
    /// What the supervisor called it.
    code: Option<ErrorCode>,
}

impl ToolError {
    /// A fault of the arguments.
    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self { sentence: plain(&sentence.into()), current: None, code: Some(ErrorCode::Usage) }
    }

    /// Whether only the time was up.
    pub(super) fn is_timeout(&self) -> bool {
        self.code == Some(ErrorCode::Timeout)
    }
}

impl From<ApiError> for ToolError {
    fn from(error: ApiError) -> Self {
        let parts = [error.message, error.reason].into_iter().filter(|part| !part.is_empty());
        let mut sentence = parts.collect::<Vec<_>>().join(": ");
        if !error.hint.is_empty() {
            sentence.push_str("; next: ");
            sentence.push_str(&error.hint);
        }
        let current = error.current.map(|current| *current);
        Self { sentence: plain(&sentence), current, code: Some(error.code) }
    }
}

impl From<ClientError> for ToolError {
    fn from(error: ClientError) -> Self {
        ApiError::from(error).into()
    }
}

/// One line, not too long.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_sentence_with_what_to_do_next() {
        let error = ApiError::new(ErrorCode::NotFound, "cannot show it", "no\nsuch one", "list");
        let error = ToolError::from(error);
        assert_eq!(error.to_string(), "cannot show it: no such one; next: list");
        assert!(!error.is_timeout());
    }
}
