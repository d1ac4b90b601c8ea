//! Where the data, run and configuration directories are and what each file in them is called.
//! Decided from an [`Environment`], without touching the disk, but for the record of the run
//! directory: the supervisor writes it under its lock, clients read it.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::environment::Environment;
use super::{ConfigError, create_private_dir, write_private};
use crate::model::ids::{Generation, MAX_SLUG, ProjectId, SessionId};

/// Longest socket path in bytes. The system's own limit is 107 on Linux and 103 on macOS.
pub const SOCKET_PATH_LIMIT: usize = 100;

/// Bytes that are always left for a zellij session's name below [`Paths::zellij_dir`]; a longer
/// name has to be shortened by whoever chooses it.
pub const ZELLIJ_NAME_ROOM: usize = 24;

/// zellij puts its sockets there, below the directory it is given (0.44 and 0.45).
const ZELLIJ_SOCKETS: &str = "zellij/contract_version_1";

/// The directories of one `ao` installation; every path is absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    data: PathBuf,
    run: PathBuf,
    config: PathBuf,
    socket: PathBuf,
}

impl Paths {
    /// What a supervisor uses: `AO_DATA_DIR`, `AO_CONFIG_DIR` and `AO_SOCKET`, else the
    /// platform's directories; the run directory is the first of `<data>/run`,
    /// `$XDG_RUNTIME_DIR/ao-<hash of data>`, `/tmp/ao-<user>-<hash of data>` that keeps every
    /// socket path within [`SOCKET_PATH_LIMIT`].
    ///
    /// # Errors
    /// When no directory is known, one is relative, or `AO_SOCKET` is too long.
    pub fn resolve(environment: &Environment) -> Result<Self, ConfigError> {
        let data = base(environment, "data", "AO_DATA_DIR", environment.platform_data())?;
        let run = run_dir(environment, &data)?;
        Self::with(environment, data, run)
    }

    /// What a client uses: as [`Paths::resolve`], but with the run directory that a supervisor
    /// recorded in the data directory, for its environment may have been another.
    ///
    /// # Errors
    /// As [`Paths::resolve`], or when the record cannot be read.
    pub fn resolve_recorded(environment: &Environment) -> Result<Self, ConfigError> {
        let computed = Self::resolve(environment)?;
        let record = computed.run_dir_record();
        let recorded = match std::fs::read(&record) {
            Ok(bytes) => PathBuf::from(OsString::from_vec(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(computed),
            Err(e) => return Err(ConfigError::io("read", record)(e)),
        };
        if !recorded.is_absolute() || room_problem(&recorded).is_some() {
            // Damaged, or of a version with other rules: its supervisor cannot be reached there.
            return Ok(computed);
        }
        Self::with(environment, computed.data, recorded)
    }

    fn with(environment: &Environment, data: PathBuf, run: PathBuf) -> Result<Self, ConfigError> {
        let config = base(environment, "config", "AO_CONFIG_DIR", environment.platform_config())?;
        let socket = match environment.get("AO_SOCKET") {
            Some(socket) => absolute("AO_SOCKET", PathBuf::from(socket))?,
            None => run.join("ao.sock"),
        };
        check_length(&socket)?;
        Ok(Self { data, run, config, socket })
    }

    /// The data directory: all that must survive a reboot.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The run directory: sockets.
    #[must_use]
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The configuration directory: `config.toml`, `agents/`.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The user's settings.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// A person's rules for permission requests.
    #[must_use]
    pub fn permissions_file(&self) -> PathBuf {
        self.config.join("permissions.toml")
    }

    /// What tokens cost, where the person says so.
    #[must_use]
    pub fn prices_file(&self) -> PathBuf {
        self.config.join("prices.toml")
    }

    /// The user's own agent manifests, `*.toml`.
    #[must_use]
    pub fn agents_dir(&self) -> PathBuf {
        self.config.join("agents")
    }

    /// The SQLite database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("ao.db")
    }

    /// The version of the data directory, checked before the database is opened.
    #[must_use]
    pub fn format_file(&self) -> PathBuf {
        self.data.join("format")
    }

    /// Locked by the one supervisor of this data directory.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// The key with which the supervisor shows itself to session hosts.
    #[must_use]
    pub fn control_key(&self) -> PathBuf {
        self.data.join("control-key")
    }

    /// Says which run directory the supervisor chose.
    #[must_use]
    pub fn run_dir_record(&self) -> PathBuf {
        self.data.join("run-dir")
    }

    /// The supervisor's socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The sockets of session hosts.
    #[must_use]
    pub fn hosts_dir(&self) -> PathBuf {
        self.run.join("hosts")
    }

    /// The socket of one session's host.
    #[must_use]
    pub fn host_socket(&self, session: &SessionId) -> PathBuf {
        self.hosts_dir().join(format!("{session}.sock"))
    }

    /// zellij's private socket directory, configuration and cache.
    #[must_use]
    pub fn zellij_dir(&self) -> PathBuf {
        self.run.join("zellij")
    }

    /// All worktrees, a folder for each project.
    #[must_use]
    pub fn worktrees_dir(&self) -> PathBuf {
        self.data.join("worktrees")
    }

    /// The worktree of one session.
    #[must_use]
    pub fn worktree(&self, project: &ProjectId, session: &SessionId) -> PathBuf {
        self.worktrees_dir().join(project.as_str()).join(session.as_str())
    }

    /// What belongs to one session, over all its launches.
    #[must_use]
    pub fn session_dir(&self, session: &SessionId) -> PathBuf {
        self.data.join("sessions").join(session.as_str())
    }

    /// What belongs to one launch of a session's agent: its launch file, output record, ledger,
    /// prompts.
    #[must_use]
    pub fn generation_dir(&self, session: &SessionId, generation: Generation) -> PathBuf {
        self.session_dir(session).join(generation.to_string())
    }

    /// Where the sessions' own folders are.
    #[must_use]
    pub fn sessions_dir(&self) -> PathBuf {
        self.data.join("sessions")
    }

    /// What a session that waits for room is to be started with.
    #[must_use]
    pub fn waiting_file(&self, session: &SessionId) -> PathBuf {
        self.sessions_dir().join(session.as_str()).join("waiting.json")
    }

    /// What the records said of a session at its last launch.
    #[must_use]
    pub fn session_card(&self, session: &SessionId) -> PathBuf {
        self.sessions_dir().join(session.as_str()).join("card.json")
    }

    /// Logs of the supervisor and of hooks.
    #[must_use]
    pub fn log_dir(&self) -> PathBuf {
        self.data.join("log")
    }

    /// What agents' hooks keep for a supervisor that is away: a file per session and generation.
    #[must_use]
    pub fn spool_dir(&self) -> PathBuf {
        self.data.join("spool")
    }

    /// Large bodies, as files named by their content.
    #[must_use]
    pub fn artifacts_dir(&self) -> PathBuf {
        self.data.join("artifacts")
    }

    /// What was moved aside instead of being removed.
    #[must_use]
    pub fn preserved_dir(&self) -> PathBuf {
        self.data.join("preserved")
    }

    /// Makes the directories that every supervisor needs: data, run and `hosts` in it.
    ///
    /// # Errors
    /// As [`create_private_dir`].
    pub fn create(&self) -> Result<(), ConfigError> {
        for directory in [&self.data, &self.run, &self.hosts_dir(), &self.spool_dir()] {
            create_private_dir(directory)?;
        }
        Ok(())
    }

    /// Tells clients which run directory this supervisor uses. Call it with the lock held.
    ///
    /// # Errors
    /// As [`write_private`].
    pub fn record_run_dir(&self) -> Result<(), ConfigError> {
        write_private(&self.run_dir_record(), self.run.as_os_str().as_bytes())
    }
}

/// A directory that a variable names, else `ao` below the platform's.
fn base(
    environment: &Environment,
    what: &'static str,
    variable: &'static str,
    platform: Option<&Path>,
) -> Result<PathBuf, ConfigError> {
    match environment.get(variable) {
        Some(path) => absolute(variable, PathBuf::from(path)),
        None => platform.map(|p| p.join("ao")).ok_or(ConfigError::NoDirectory { what, variable }),
    }
}

fn absolute(variable: &'static str, path: PathBuf) -> Result<PathBuf, ConfigError> {
    if path.is_absolute() { Ok(path) } else { Err(ConfigError::NotAbsolute { variable, path }) }
}

fn run_dir(environment: &Environment, data: &Path) -> Result<PathBuf, ConfigError> {
    let hash = data_hash(data);
    let runtime = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
    let candidates = [
        Some(data.join("run")),
        // The specification says that a relative value must be ignored.
        runtime.filter(|p| p.is_absolute()).map(|p| p.join(format!("ao-{hash}"))),
        Some(PathBuf::from(format!("/tmp/ao-{}-{hash}", environment.user()))),
    ];
    let mut problem = None;
    for candidate in candidates.into_iter().flatten() {
        match room_problem(&candidate) {
            None => return Ok(candidate),
            Some(found) => problem = Some(found),
        }
    }
    Err(problem.expect("the last candidate is always tried"))
}

/// Eight hexadecimal digits that tell data directories apart.
fn data_hash(data: &Path) -> String {
    let digest = Sha256::digest(data.as_os_str().as_bytes());
    digest.iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// The longest socket path below a run directory, if it is too long.
fn room_problem(run: &Path) -> Option<ConfigError> {
    let host = run.join("hosts").join(format!("{}.sock", "x".repeat(MAX_SLUG)));
    let zellij = run.join(ZELLIJ_SOCKETS).join("x".repeat(ZELLIJ_NAME_ROOM));
    [host, zellij].iter().find_map(|path| check_length(path).err())
}

fn check_length(path: &Path) -> Result<(), ConfigError> {
    let length = path.as_os_str().len();
    if length <= SOCKET_PATH_LIMIT {
        return Ok(());
    }
    Err(ConfigError::SocketPathTooLong { path: path.to_owned(), length, limit: SOCKET_PATH_LIMIT })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SessionId {
        SessionId::parse("x".repeat(41)).unwrap()
    }

    fn environment(data: &str, rest: &[(&str, &str)]) -> Environment {
        let variables =
            [("AO_DATA_DIR", data), ("AO_CONFIG_DIR", "/c")].into_iter().chain(rest.to_vec());
        Environment::of(variables).with_user(7)
    }

    #[test]
    fn defaults_come_from_the_platform() {
        let environment = Environment::of([("X", "y")])
            .with_platform(Path::new("/h/.local/share"), Path::new("/h/.config"));
        let paths = Paths::resolve(&environment).unwrap();
        assert_eq!(paths.data(), Path::new("/h/.local/share/ao"));
        assert_eq!(paths.config_file(), Path::new("/h/.config/ao/config.toml"));
        assert_eq!(paths.socket(), Path::new("/h/.local/share/ao/run/ao.sock"));
        let none = Paths::resolve(&Environment::of([("X", "y")]));
        assert!(matches!(none, Err(ConfigError::NoDirectory { what: "data", .. })));
    }

    #[test]
    fn every_socket_stays_within_the_limit() {
        for length in 1..300 {
            let data = format!("/{}", "d".repeat(length));
            for runtime in ["", "/run/user/1000", &format!("/{}", "r".repeat(90))] {
                let environment = environment(&data, &[("XDG_RUNTIME_DIR", runtime)]);
                let paths = Paths::resolve(&environment).unwrap();
                let longest = paths.host_socket(&session());
                assert!(longest.as_os_str().len() <= SOCKET_PATH_LIMIT, "{longest:?}");
                let zellij = paths.run().join(ZELLIJ_SOCKETS).join("x".repeat(ZELLIJ_NAME_ROOM));
                assert!(zellij.as_os_str().len() <= SOCKET_PATH_LIMIT, "{zellij:?}");
            }
        }
    }

    #[test]
    fn long_data_directories_move_the_run_directory() {
        let long = format!("/{}", "d".repeat(80));
        let here = Paths::resolve(&environment("/d", &[])).unwrap();
        assert_eq!(here.run(), Path::new("/d/run"));
        let runtime = [("XDG_RUNTIME_DIR", "/run/user/7")];
        let there = Paths::resolve(&environment(&long, &runtime)).unwrap();
        assert!(there.run().starts_with("/run/user/7"), "{:?}", there.run());
        let other = Paths::resolve(&environment(&format!("{long}x"), &runtime)).unwrap();
        assert_ne!(there.run(), other.run());
        let fallback = Paths::resolve(&environment(&long, &[])).unwrap();
        assert!(fallback.run().to_str().unwrap().starts_with("/tmp/ao-7-"));
        let relative = Paths::resolve(&environment(&long, &[("XDG_RUNTIME_DIR", "run")])).unwrap();
        assert_eq!(relative.run(), fallback.run());
    }

    #[test]
    fn overrides_are_checked() {
        let long = format!("/{}", "s".repeat(101));
        let refused = Paths::resolve(&environment("/d", &[("AO_SOCKET", &long)]));
        assert!(matches!(refused, Err(ConfigError::SocketPathTooLong { length: 102, .. })));
        let refused = Paths::resolve(&environment("d", &[]));
        assert!(matches!(refused, Err(ConfigError::NotAbsolute { variable: "AO_DATA_DIR", .. })));
        let paths = Paths::resolve(&environment("/d", &[("AO_SOCKET", "/s")])).unwrap();
        assert_eq!(paths.socket(), Path::new("/s"));
    }

    #[test]
    fn clients_find_the_recorded_run_directory() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("d".repeat(60));
        let runtime = root.path().join("r");
        let of_supervisor =
            environment(data.to_str().unwrap(), &[("XDG_RUNTIME_DIR", runtime.to_str().unwrap())]);
        let of_client = environment(data.to_str().unwrap(), &[]);
        let supervisor = Paths::resolve(&of_supervisor).unwrap();
        assert_ne!(supervisor.run(), Paths::resolve_recorded(&of_client).unwrap().run());
        supervisor.create().unwrap();
        supervisor.record_run_dir().unwrap();
        let client = Paths::resolve_recorded(&of_client).unwrap();
        assert_eq!(client, supervisor);
        std::fs::write(supervisor.run_dir_record(), "garbage").unwrap();
        let client = Paths::resolve_recorded(&of_client).unwrap();
        assert_eq!(client.run(), Paths::resolve(&of_client).unwrap().run());
    }
}
