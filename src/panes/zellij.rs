//! The zellij program: where it is and whether its version will do. Called once per supervisor, and
//! by `ao doctor`.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::error::PanesError;

/// The oldest zellij whose socket speaks the protocol used here (contract version 1).
pub const OLDEST: Version = Version { major: 0, minor: 44, patch: 0 };

/// `zellij --version` takes 5 ms; this is for a machine that swaps.
const VERSION_DEADLINE: Duration = Duration::from_secs(5);

/// zellij's version. A suffix such as `-dev` is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 0 so far.
    pub major: u32,
    /// What zellij counts up for a release with new features.
    pub minor: u32,
    /// What it counts up for fixes.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    /// From the line that `zellij --version` prints: `zellij 0.45.1`.
    fn parse(line: &str) -> Option<Self> {
        let text = line.trim().strip_prefix("zellij ")?;
        let plain = text.split(['-', '+', ' ']).next()?;
        let mut numbers = plain.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        let version = Self { major: next()?, minor: next()?, patch: next()? };
        numbers.next().is_none().then_some(version)
    }
}

/// A zellij that will do.
#[derive(Debug, Clone)]
pub struct Zellij {
    program: PathBuf,
    version: Version,
}

impl Zellij {
    /// Takes `explicit`, else the first `zellij` in the directories of `path_env` (the value of
    /// PATH), and asks it for its version, with a deadline of 5 s.
    ///
    /// # Errors
    /// [`PanesError::Missing`], [`PanesError::Unusable`], [`PanesError::TooOld`],
    /// [`PanesError::Unrecognised`].
    pub async fn find(
        path_env: Option<&OsStr>,
        explicit: Option<&Path>,
    ) -> Result<Self, PanesError> {
        let program = match explicit {
            Some(path) => path.to_owned(),
            None => on_path(path_env).ok_or(PanesError::Missing)?,
        };
        let said = ask_version(&program).await?;
        let version = Version::parse(&said).ok_or_else(|| PanesError::Unrecognised {
            program: program.clone(),
            said: said.chars().take(80).collect(),
        })?;
        if version < OLDEST {
            return Err(PanesError::TooOld { found: version });
        }
        Ok(Self { program, version })
    }

    /// The version that was found.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The program, as it was found.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }
}

fn on_path(path_env: Option<&OsStr>) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    std::env::split_paths(path_env?).filter(|dir| dir.is_absolute()).map(|d| d.join("zellij")).find(
        |file| file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0),
    )
}

async fn ask_version(program: &Path) -> Result<String, PanesError> {
    let unusable = |source| PanesError::Unusable { program: program.to_owned(), source };
    let output = tokio::process::Command::new(program)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(VERSION_DEADLINE, output).await {
        Ok(Ok(output)) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Err(source)) if source.kind() == std::io::ErrorKind::NotFound => {
            Err(PanesError::Missing)
        }
        Ok(Err(source)) => Err(unusable(source)),
        Err(_) => Err(unusable(std::io::ErrorKind::TimedOut.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let v = |major, minor, patch| Some(Version { major, minor, patch });
        for (line, expected) in [
            ("zellij 0.45.1\n", v(0, 45, 1)),
            ("zellij 0.46.0-dev", v(0, 46, 0)),
            ("zellij 1.0.0", v(1, 0, 0)),
            ("tmux 3.3a", None),
            ("zellij", None),
            ("zellij 0.45", None),
            ("zellij 0.45.1.2", None),
            ("", None),
        ] {
            assert_eq!(Version::parse(line), expected, "{line}");
        }
        assert!(Version { major: 0, minor: 43, patch: 9 } < OLDEST);
    }
}
