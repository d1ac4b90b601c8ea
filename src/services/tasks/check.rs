//! The limits of what is written on a task.

use crate::model::board::TaskId;
use crate::services::ServiceError;

/// Longest subject in characters.
const SUBJECT: usize = 200;
/// Longest body in bytes.
const BODY: usize = 64 * 1024;
/// Longest note in characters.
const NOTE: usize = 4000;
/// Largest metadata in bytes.
const METADATA: usize = 16 * 1024;
/// Most tasks that one waits for.
const DEPENDENCIES: usize = 100;
/// Most attempts.
const ATTEMPTS: u32 = 10;

fn refuse(text: String) -> Result<(), ServiceError> {
    Err(ServiceError::Usage(text))
}

/// One line with something in it.
pub fn subject(text: &str) -> Result<(), ServiceError> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return refuse("the subject has to be one line with something in it".to_owned());
    }
    match text.chars().count() {
        length if length > SUBJECT => {
            refuse(format!("the subject has {length} characters, {SUBJECT} are allowed"))
        }
        _ => Ok(()),
    }
}

/// A text of bounded size.
pub fn body(text: &str) -> Result<(), ServiceError> {
    match text.len() {
        length if length > BODY => {
            refuse(format!("the body has {length} bytes, {BODY} are allowed"))
        }
        _ => Ok(()),
    }
}

/// A few sentences.
pub fn note(text: Option<&str>) -> Result<(), ServiceError> {
    match text.map_or(0, |text| text.chars().count()) {
        length if length > NOTE => {
            refuse(format!("the note has {length} characters, {NOTE} are allowed"))
        }
        _ => Ok(()),
    }
}

/// Metadata as it is stored.
pub fn metadata(value: Option<&serde_json::Value>) -> Result<Option<String>, ServiceError> {
    let text = value.map(ToString::to_string);
    match text.as_ref().map_or(0, String::len) {
        length if length > METADATA => Err(ServiceError::Usage(format!(
            "the metadata has {length} bytes, {METADATA} are allowed"
        ))),
        _ => Ok(text),
    }
}

/// Not too many.
pub fn dependencies(ids: &[TaskId]) -> Result<(), ServiceError> {
    match ids.len() {
        count if count > DEPENDENCIES => refuse(format!(
            "{count} dependencies, {DEPENDENCIES} are allowed: put a task in between"
        )),
        _ => Ok(()),
    }
}

/// From 1 on.
pub fn attempts(most: u32) -> Result<(), ServiceError> {
    if (1..=ATTEMPTS).contains(&most) {
        return Ok(());
    }
    refuse(format!("{most} attempts: 1 to {ATTEMPTS} are possible"))
}
