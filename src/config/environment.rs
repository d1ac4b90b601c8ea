//! The environment as a value, so that what is decided from it can be tested. Taken once at the
//! start of a process and handed down.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Environment variables, the platform's directories and the user's number.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    platform_data: Option<PathBuf>,
    platform_config: Option<PathBuf>,
    user: u32,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let platform = directories::BaseDirs::new();
        Self {
            variables: std::env::vars_os().collect(),
            platform_data: platform.as_ref().map(|p| p.data_dir().to_owned()),
            platform_config: platform.as_ref().map(|p| p.config_dir().to_owned()),
            user: rustix::process::getuid().as_raw(),
        }
    }

    /// An environment of just these variables, for tests and for children: no platform
    /// directories, user 0 until set.
    pub fn of<K: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        Self { variables, ..Self::default() }
    }

    /// The same with these platform directories (each still without `ao` at its end).
    #[must_use]
    pub fn with_platform(self, data: &Path, config: &Path) -> Self {
        Self {
            platform_data: Some(data.to_owned()),
            platform_config: Some(config.to_owned()),
            ..self
        }
    }

    /// The same for another user number.
    #[must_use]
    pub fn with_user(self, user: u32) -> Self {
        Self { user, ..self }
    }

    /// A variable's value; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|v| !v.is_empty())
    }

    /// All variables.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<OsString, OsString> {
        &self.variables
    }

    /// The platform's directory for data of all programs.
    #[must_use]
    pub fn platform_data(&self) -> Option<&Path> {
        self.platform_data.as_deref()
    }

    /// The platform's directory for configuration of all programs.
    #[must_use]
    pub fn platform_config(&self) -> Option<&Path> {
        self.platform_config.as_deref()
    }

    /// The number of the user.
    #[must_use]
    pub fn user(&self) -> u32 {
        self.user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_not_set() {
        let environment = Environment::of([("A", ""), ("B", "x")]);
        assert_eq!(environment.get("A"), None);
        assert_eq!(environment.get("B"), Some(OsStr::new("x")));
        assert_eq!(environment.get("C"), None);
    }

    #[test]
    fn the_process_has_one() {
        let environment = Environment::of_process();
        assert!(environment.get("PATH").is_some());
        assert_eq!(environment.user(), rustix::process::getuid().as_raw());
    }
}
