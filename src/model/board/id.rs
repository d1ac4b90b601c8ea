//! The id of a task.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ids::IdError;

/// A task: `t-` and its number, 1, 2, 3 …, never reused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(pub u32);

impl TaskId {
    /// Takes exactly `t-<n>`: no sign, no leading zero, not 0.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bad = || IdError::Form(text.to_owned());
        let digits = text.strip_prefix("t-").ok_or_else(bad)?;
        let number: u32 = digits.parse().map_err(|_| bad())?;
        if number == 0 || number.to_string() != digits {
            return Err(bad());
        }
        Ok(Self(number))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t-{}", self.0)
    }
}

impl TryFrom<String> for TaskId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_exact() {
        assert_eq!(TaskId::parse("t-1"), Ok(TaskId(1)));
        assert_eq!(TaskId::parse("t-4294967295").unwrap().to_string(), "t-4294967295");
        for bad in ["", "t-", "t-0", "t-01", "t-+1", "t--1", "T-1", "1", "t-1 ", "t-4294967296"] {
            assert!(TaskId::parse(bad).is_err(), "{bad}");
        }
    }
}
