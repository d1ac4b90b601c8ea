//! Finding an agent's program before anything is made for it, and naming its conversations.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::AgentError;

/// The executable file that a name means: looked up on a PATH, or the path itself if it is one.
/// Relative directories on PATH are passed over: they would mean another place in each worktree.
#[must_use]
pub fn find_program(name: &str, path_env: Option<&OsStr>) -> Option<PathBuf> {
    if name.contains('/') {
        let path = PathBuf::from(name);
        return (path.is_absolute() && is_executable(&path)).then_some(path);
    }
    if name.is_empty() {
        return None;
    }
    std::env::split_paths(path_env?)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// A random UUID (version 4) for a new conversation.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_conversation_id() -> Result<String, AgentError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| AgentError::Random(e.to_string()))?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_executable_files_are_programs() {
        let root = tempfile::tempdir().unwrap();
        let make = |folder: &str, mode: u32| {
            let folder = root.path().join(folder);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("tool"), "").unwrap();
            fs::set_permissions(folder.join("tool"), fs::Permissions::from_mode(mode)).unwrap();
            folder
        };
        let (plain, program) = (make("a", 0o644), make("b", 0o755));
        let folder = root.path().join("c");
        fs::create_dir_all(folder.join("tool")).unwrap();
        let path = std::env::join_paths([Path::new("rel"), &plain, &folder, &program]).unwrap();
        assert_eq!(find_program("tool", Some(&path)), Some(program.join("tool")));
        assert_eq!(find_program("other", Some(&path)), None);
        assert_eq!(find_program("", Some(&path)), None);
        assert_eq!(find_program("tool", None), None);
        let full = program.join("tool");
        assert_eq!(find_program(full.to_str().unwrap(), None), Some(full));
        assert_eq!(find_program("./tool", Some(&path)), None);
        assert_eq!(find_program(plain.join("tool").to_str().unwrap(), None), None);
    }

    #[test]
    fn conversations_are_uuids() {
        let (a, b) = (new_conversation_id().unwrap(), new_conversation_id().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(&a[14..15], "4");
    }
}
