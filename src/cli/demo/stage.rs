//! The place of a demonstration: a directory of its own with a repository, a configuration and the
//! data of a supervisor that nobody else uses.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::cli::error::Failure;
use crate::client::{Address, Client};
use crate::config::{Environment, Paths, create_private_dir, write_private};

/// The repository's folder, and so the project's id and the prefix of its sessions.
pub const PROJECT: &str = "demo";
/// Its default branch.
pub const DEFAULT_BRANCH: &str = "main";

/// Longest directory for temporary files in bytes that leaves room for the paths of sockets.
const LONGEST_TEMPORARY: usize = 24;
/// Before each command where people watch.
const PACE: &str = "0.8s";

/// What is shown where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show {
    /// In panes.
    pub panes: bool,
    /// Slowly, for somebody watches the panes.
    pub slowly: bool,
}

/// A directory and everything that says where it is.
pub struct Stage {
    root: PathBuf,
    /// The person's environment, but with this data directory and configuration.
    pub environment: Environment,
    /// Where the supervisor's files are.
    pub paths: Paths,
}

impl Stage {
    /// Makes the directory and the configuration in it.
    pub fn set(person: &Environment, show: Show) -> Result<Self, Failure> {
        let root = directory().map_err(|e| {
            Failure::system("cannot make a directory for the demo", &e, "set TMPDIR to another")
        })?;
        let made = Self::furnish(&root, person, show);
        if made.is_err() {
            // Nothing but what was made here is in it.
            let _ = std::fs::remove_dir_all(&root);
        }
        made
    }

    fn furnish(root: &Path, person: &Environment, show: Show) -> Result<Self, Failure> {
        let environment = environment(person, root);
        let paths = Paths::resolve(&environment)?;
        create_private_dir(&paths.agents_dir())?;
        let zellij = if show.panes { "auto" } else { "off" };
        // Scripted workers end within a second of each other; nobody wants to watch the usual ten.
        let config =
            format!("agent = \"{PROJECT}\"\nzellij = \"{zellij}\"\n[reports]\ndone_window_s = 1\n");
        write_private(&paths.config_file(), config.as_bytes())?;
        let manifest = manifest(if show.slowly { PACE } else { "0" })?;
        write_private(&paths.agents_dir().join("demo.toml"), manifest.as_bytes())?;
        Ok(Self { root: root.to_owned(), environment, paths })
    }

    /// The whole place.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository that is worked on.
    pub fn repository(&self) -> PathBuf {
        self.root.join(PROJECT)
    }

    /// A client of the supervisor in this place, whether it runs or not.
    pub fn client(&self) -> Client {
        let recorded = Paths::resolve_recorded(&self.environment);
        let paths = recorded.unwrap_or_else(|_| self.paths.clone());
        Client::new(Address::new(paths, &self.environment))
    }
}

/// A new directory that nobody else can look into, with a short path.
fn directory() -> io::Result<PathBuf> {
    let temporary = std::path::absolute(std::env::temp_dir())?;
    let is_short = temporary.as_os_str().len() <= LONGEST_TEMPORARY;
    let parent = if is_short { temporary } else { PathBuf::from("/tmp") };
    // Without symbolic links, as the supervisor will know it.
    let parent = parent.canonicalize()?;
    loop {
        let mut bytes = [0_u8; 4];
        getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
        let path = parent.join(format!("ao-demo-{:08x}", u32::from_be_bytes(bytes)));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
}

/// The person's variables without any of ao's or git's own, and with this place's.
fn environment(person: &Environment, root: &Path) -> Environment {
    let foreign = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("AO_") || name.starts_with("GIT_")
    };
    let own = [("AO_DATA_DIR", "data"), ("AO_CONFIG_DIR", "config")];
    let own = own.map(|(name, folder)| (OsString::from(name), root.join(folder).into_os_string()));
    let kept = person.variables().iter().filter(|(name, _)| !foreign(name));
    let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
    Environment::of(kept.chain(own)).with_user(person.user())
}

/// The scripted agent as any other agent is described: this program in one of its roles.
fn manifest(pace: &str) -> Result<String, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Failure::system("cannot find this program", &e, "is /proc mounted?"))?;
    let program = toml::Value::String(program.to_string_lossy().into_owned());
    Ok(format!(
        "name = \"{PROJECT}\"\nabout = \"a scripted agent: does what its messages tell it to\"\n\
         binary = {program}\nargv = [[\"demo-agent\", \"--pace\", \"{pace}\"]]\n\
         prompt = \"paste\"\nsystem_prompt = \"file\"\nhooks = \"any\"\nidle_evidence = \"hooks\"\n[inject]\nbracketed_only = true\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_persons_own_ao_is_used() {
        let person = Environment::of([
            ("AO_DATA_DIR", "/mine"),
            ("AO_SOCKET", "/mine/s"),
            ("AO_AGENT", "claude"),
            ("GIT_DIR", "/mine/.git"),
            ("HOME", "/home/me"),
        ]);
        let environment = environment(&person, Path::new("/tmp/d"));
        let names: Vec<_> = environment.variables().keys().collect();
        assert_eq!(names, ["AO_CONFIG_DIR", "AO_DATA_DIR", "HOME"]);
        assert_eq!(environment.get("AO_DATA_DIR").unwrap(), "/tmp/d/data");
    }

    #[test]
    fn the_place_is_private_and_its_manifest_is_understood() {
        let person = Environment::of([("HOME", "/")]);
        let stage = Stage::set(&person, Show::default()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(stage.root()).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o700);
        let catalog = crate::agents::Catalog::load(&stage.paths.agents_dir());
        assert!(catalog.unwrap().get(PROJECT).is_ok());
        std::fs::remove_dir_all(stage.root()).unwrap();
    }
}
