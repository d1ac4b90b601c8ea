//! Programs that ao works with: git, zellij, agents.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::Check;
use crate::agents::{Catalog, find_program};
use crate::config::{Environment, Paths, Settings, ZellijMode};
use crate::panes::{OLDEST, Zellij};

/// The oldest git whose `worktree add` takes `--lock` with a reason.
const OLDEST_GIT: (u32, u32) = (2, 36);
/// A program that does not say its version by then hangs.
const DEADLINE: Duration = Duration::from_secs(5);

/// git, found and new enough.
pub async fn git() -> Check {
    let hint = format!("install git {}.{} or newer", OLDEST_GIT.0, OLDEST_GIT.1);
    let mut command = Command::new("git");
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(e)) => return Check::fail("git", e.to_string(), hint),
        Err(_) => return Check::fail("git", "does not answer", "see what `git --version` does"),
    };
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match git_version(&said) {
        Some(version) if version >= OLDEST_GIT => Check::ok("git", said),
        Some(_) => Check::fail("git", said, hint),
        None => Check::warn("git", format!("says {said:?}"), hint),
    }
}

fn git_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.strip_prefix("git version ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// zellij, which is not needed, but wanted.
pub async fn zellij(settings: &Settings, environment: &Environment) -> Check {
    if settings.zellij == ZellijMode::Off {
        return Check::ok("zellij", "switched off; `ao attach` shows sessions");
    }
    match Zellij::find(environment.get("PATH"), settings.zellij_path.as_deref()).await {
        Ok(zellij) => Check::ok("zellij", zellij.version().to_string()),
        Err(error) => Check::warn(
            "zellij",
            format!("no panes: {error}"),
            format!("install zellij {OLDEST} or newer; without it `ao attach` shows sessions"),
        ),
    }
}

/// Agents that can be started from here. That one is not installed is a fault only of the one
/// that is started when nobody names any.
pub fn agents(paths: &Paths, settings: &Settings, environment: &Environment) -> Vec<Check> {
    let catalog = match Catalog::load(&paths.agents_dir()) {
        Ok(catalog) => catalog,
        Err(error) => {
            let hint = "see whether the directory can be read";
            return vec![Check::fail("agents", error.to_string(), hint)];
        }
    };
    let programs = catalog.agents().filter_map(|manifest| {
        let binary = manifest.binary.as_deref()?;
        Some((manifest.name.clone(), binary, find_program(binary, environment.get("PATH"))))
    });
    let mut checks: Vec<Check> = programs
        .map(|(agent, binary, found)| {
            let name = format!("agent {agent}");
            match found {
                Some(path) => Check::ok(name, path.display().to_string()),
                None if agent == settings.agent => Check::warn(
                    name,
                    format!("{binary} is not on PATH, and it is the agent by default"),
                    "install it, or `ao config set agent NAME`, or `ao start -- CMD`",
                ),
                None => Check::ok(name, format!("{binary} is not on PATH")),
            }
        })
        .collect();
    checks.extend(catalog.problems().map(|problem| {
        Check::fail("agents", problem.to_string(), "correct the manifest, or take it away")
    }));
    if let Err(error) = catalog.get(&settings.agent) {
        let hint = "`ao config set agent NAME`";
        checks.push(Check::fail("agent by default", error.to_string(), hint));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(git_version("git version 2.39.5"), Some((2, 39)));
        assert_eq!(git_version("git version 2.47.1.windows.1"), Some((2, 47)));
        assert_eq!(git_version("hub"), None);
        assert!((2, 100) > OLDEST_GIT);
    }
}
