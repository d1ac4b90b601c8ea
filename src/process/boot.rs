//! Which run of the machine this is: processes recorded under another boot id are all gone.

use std::fs;

use super::ProcessError;

const PATH: &str = "/proc/sys/kernel/random/boot_id";

/// The kernel's random id of this boot, a UUID as text.
pub fn boot_id() -> Result<String, ProcessError> {
    let text = fs::read_to_string(PATH)
        .map_err(|source| ProcessError::Read { path: PATH.to_owned(), source })?;
    let id = text.trim();
    if id.is_empty() {
        return Err(ProcessError::Form { path: PATH.to_owned() });
    }
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn stays_the_same() {
        assert_eq!(super::boot_id().unwrap(), super::boot_id().unwrap());
    }
}
