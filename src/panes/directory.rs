//! The private directory of one project's zellij: socket, settings, caches. Nothing of the person's
//! own zellij is read or written.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zellij_utils::consts::CLIENT_SERVER_CONTRACT_VERSION;

use super::error::PanesError;
use crate::model::ids::ProjectId;

/// Most bytes of a socket's path: `sun_path` has 108 (unix(7)), one for the end.
const SOCKET_PATH_LIMIT: usize = 107;

/// Fewest bytes of a session's name that still say something.
const SHORTEST_NAME: usize = 8;

/// Where the files of one project's zellij are. One socket directory per project, for zellij's
/// command line looks at every socket beside the one it wants, and waits for a frozen one.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    base: PathBuf,
    name: String,
}

impl Directory {
    /// Below `parent`, named by a hash of the project so that every id takes the same room. The
    /// session's name is the project's id, cut to what the path leaves.
    pub fn new(parent: &Path, project: &ProjectId) -> Result<Self, PanesError> {
        let digest = Sha256::digest(project.as_str());
        let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let base = parent.join(short);
        if base.to_str().is_none() {
            return Err(PanesError::NotText(base));
        }
        let fixed = base.as_os_str().len() + contract().len() + 2;
        let wanted = project.as_str().len();
        let shortest = fixed + wanted.min(SHORTEST_NAME);
        if shortest > SOCKET_PATH_LIMIT {
            return Err(PanesError::PathTooLong {
                directory: parent.to_owned(),
                length: shortest,
                limit: SOCKET_PATH_LIMIT,
            });
        }
        let room = SOCKET_PATH_LIMIT - fixed;
        // An id is ASCII, so every index is a boundary.
        let name = project.as_str()[..wanted.min(room)].to_owned();
        Ok(Self { base, name })
    }

    /// The directory itself, zellij's ZELLIJ_SOCKET_DIR.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The name of the zellij session.
    pub fn session_name(&self) -> &str {
        &self.name
    }

    /// The server's socket.
    pub fn socket(&self) -> PathBuf {
        self.base.join(contract()).join(&self.name)
    }

    /// Where a server listens while it starts. A socket at [`socket`](Self::socket) is ready.
    pub fn starting_socket(&self) -> PathBuf {
        self.base.join(STARTING).join(&self.name)
    }

    /// zellij's configuration.
    pub fn config(&self) -> PathBuf {
        self.base.join("config.kdl")
    }

    /// Which process the server is.
    pub fn record(&self) -> PathBuf {
        self.base.join("server.json")
    }

    /// Where zellij finds its own cache, data, configuration and temporary directories.
    pub fn private(&self, kind: &str) -> PathBuf {
        self.base.join("own").join(kind)
    }

    /// Makes every directory, 0700 whatever the umask.
    pub fn create(&self) -> Result<(), PanesError> {
        let mut all = ["", &contract(), STARTING, "own"].map(|d| self.base.join(d)).to_vec();
        all.extend(PRIVATE.iter().map(|kind| self.private(kind)));
        if let Some(parent) = self.base.parent() {
            all.insert(0, parent.to_owned());
        }
        for path in all {
            create_private(&path).map_err(|source| PanesError::File { path, source })?;
        }
        Ok(())
    }

    /// Removes everything. What is not there is no error.
    pub fn remove(&self) -> Result<(), PanesError> {
        match fs::remove_dir_all(&self.base) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(PanesError::File { path: self.base.clone(), source })
            }
            _ => Ok(()),
        }
    }
}

/// Beside zellij's directory for sockets, and no longer than its name.
const STARTING: &str = "starting";

/// What zellij keeps apart, by the names used here.
pub(super) const PRIVATE: [&str; 4] = ["cache", "config", "data", "tmp"];

/// zellij's directory for sockets of its protocol's version.
fn contract() -> String {
    format!("contract_version_{CLIENT_SERVER_CONTRACT_VERSION}")
}

/// Makes one directory that only its owner may enter; a symlink in its place is refused.
fn create_private(path: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).recursive(false).create(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::DirBuilder::new().mode(0o700).recursive(true).create(path)?;
        }
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    if found.permissions().mode() & 0o777 != 0o700 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Replaces a file as a whole, 0600.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), PanesError> {
    let write = || -> io::Result<()> {
        let draft = path.with_extension("new");
        let _ = fs::remove_file(&draft);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        io::Write::write_all(&mut file, content)?;
        fs::rename(&draft, path)
    };
    write().map_err(|source| PanesError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str) -> ProjectId {
        ProjectId::parse(id).unwrap()
    }

    #[test]
    fn the_socket_fits_or_it_is_an_error() {
        let long = project(&"p".repeat(41));
        for length in 1..140 {
            let parent = PathBuf::from(format!("/{}", "d".repeat(length - 1)));
            match Directory::new(&parent, &long) {
                Ok(made) => {
                    assert!(made.socket().as_os_str().len() <= SOCKET_PATH_LIMIT);
                    assert!(made.session_name().len() >= SHORTEST_NAME);
                }
                Err(PanesError::PathTooLong { length: shown, .. }) => {
                    assert!(length > 65, "{length}");
                    assert_eq!(shown, length + 1 + 8 + 20 + SHORTEST_NAME, "{length}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn projects_do_not_meet() {
        let a = Directory::new(Path::new("/run"), &project("a")).unwrap();
        let b = Directory::new(Path::new("/run"), &project("b")).unwrap();
        assert_ne!(a.base(), b.base());
        assert_eq!(a.session_name(), "a");
    }

    #[test]
    fn directories_are_private_and_go() {
        let temporary = tempfile::tempdir().unwrap();
        let made = Directory::new(&temporary.path().join("zellij"), &project("a")).unwrap();
        made.create().unwrap();
        made.create().unwrap();
        write_private(&made.config(), b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(made.base()), 0o700);
        assert_eq!(mode(&made.private("tmp")), 0o700);
        assert_eq!(mode(&made.config()), 0o600);
        made.remove().unwrap();
        made.remove().unwrap();
        assert!(!made.base().exists());
    }
}
