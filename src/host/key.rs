//! The key that opens a host's control calls: a secret in a private directory of the supervisor.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::HostError;

/// A secret; it is neither printed nor logged.
#[derive(Clone)]
pub struct ControlKey(String);

impl ControlKey {
    /// A new one: 256 random bits.
    pub fn random() -> Result<Self, HostError> {
        Ok(Self(random_hex()?))
    }

    /// Takes a key that came over the socket.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads the key file.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let text = fs::read_to_string(path).map_err(HostError::file("read", path))?;
        let key = text.trim();
        if key.len() < 32 {
            let detail = "a control key has 32 characters or more".to_owned();
            return Err(HostError::Form { path: path.to_owned(), detail });
        }
        Ok(Self(key.to_owned()))
    }

    /// Writes the key file, mode 0600; fails if there is one.
    pub fn write_new(&self, path: &Path) -> Result<(), HostError> {
        let write = || {
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(self.0.as_bytes())?;
            file.sync_all()
        };
        write().map_err(HostError::file("write", path))
    }

    /// Compares in a time that tells nothing about where two keys differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        Sha256::digest(self.0.as_bytes()) == Sha256::digest(other.0.as_bytes())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ControlKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ControlKey")
    }
}

/// 256 random bits as 64 hexadecimal digits.
pub(super) fn random_hex() -> Result<String, HostError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| HostError::System {
        action: "get random bytes",
        source: std::io::Error::other(e.to_string()),
    })?;
    Ok(hex(&bytes))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let key = ControlKey::random().unwrap();
        key.write_new(&path).unwrap();
        assert!(ControlKey::read(&path).unwrap().matches(&key));
        assert!(!ControlKey::random().unwrap().matches(&key));
        assert!(key.write_new(&path).is_err());
        assert_eq!(format!("{key:?}"), "ControlKey");
    }
}
