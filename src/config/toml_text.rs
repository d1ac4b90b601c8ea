//! TOML files found, and read into types, with the file and line of whatever is wrong. Used for
//! `ao.toml`, for flows, and by `agents/` for manifests.

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::ConfigError;
use super::regular_file::read_regular;

/// No configuration file is larger, in bytes; a larger one is a mistake and is not read.
const MAX_FILE: u64 = 1 << 20;

/// The text of a file, or `None` if there is no such file.
///
/// # Errors
/// When it cannot be read, is no regular file, is over 1 MiB, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let bytes = match read_regular(path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ConfigError::io("read", path)(e)),
    };
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        let before = &e.as_bytes()[..valid];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        ConfigError::Text { file: path.to_owned(), line, message: "this is not UTF-8".into() }
    })
}

/// The `*.toml` files of a folder, in the order of their names; none if there is no such folder.
///
/// # Errors
/// When it is there and cannot be listed.
pub fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ConfigError::io("list", folder)(e)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(ConfigError::io("list", folder))?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads TOML text into a type; `file` is only for the error.
///
/// # Errors
/// With the line of the first thing that is not understood.
pub fn parse_toml<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|e| {
        let offset = e.span().map_or(0, |s| s.start);
        text_error(file, text, offset, e.message())
    })
}

/// An error at a byte offset of a file's text.
pub(super) fn text_error(file: &Path, text: &str, offset: usize, message: &str) -> ConfigError {
    ConfigError::Text {
        file: file.to_owned(),
        line: line_at(text, offset),
        message: message.trim_end().replace('\n', " "),
    }
}

/// The line, from 1, that a byte offset is on.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    text.as_bytes()[..end].iter().filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        a: u8,
    }

    #[test]
    fn errors_name_file_and_line() {
        let file = Path::new("x.toml");
        for (text, line) in [("a = 1\nb = 2\n", 2), ("\n\na = \"x\"", 3), ("a = 1\n[", 2)] {
            let error = parse_toml::<Sample>(file, text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("x.toml:{line}: ")), "{error}");
        }
    }

    #[test]
    fn files_are_missing_large_or_not_text() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        assert!(read_text(&path).unwrap().is_none());
        fs::write(&path, b"a\nb\xff").unwrap();
        assert!(read_text(&path).unwrap_err().to_string().contains(":2: this is not UTF-8"));
        fs::write(&path, vec![b'a'; (1 << 20) + 1]).unwrap();
        assert!(read_text(&path).unwrap_err().to_string().contains("larger than 1048576 bytes"));
    }
}
