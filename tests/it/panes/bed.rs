//! A project with panes in a directory of its own, a viewer that stands in for `ao`, and the care
//! that nothing is left of either.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ao::model::ids::{ProjectId, SessionId};
use ao::panes::{PaneSpec, PaneView, Place, ProjectPanes, Viewer, Zellij};
use ao::process::{Evidence, ProcessId};

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A project's panes in a temporary directory that goes with it.
pub struct Bed {
    pub panes: ProjectPanes,
    directory: tempfile::TempDir,
}

/// The zellij to test with; a test without one fails.
pub async fn zellij() -> Zellij {
    let explicit = std::env::var_os("AO_TEST_ZELLIJ").map(PathBuf::from);
    let path = std::env::var_os("PATH");
    let own = std::env::home_dir().unwrap().join(".cache/ao-test/zellij-0.45.1/bin/zellij");
    if let Some(explicit) = explicit {
        return Zellij::find(None, Some(&explicit)).await.unwrap();
    }
    match Zellij::find(path.as_deref(), None).await {
        Ok(found) => found,
        Err(_) => Zellij::find(None, Some(&own)).await.expect("zellij 0.45.1 must be installed"),
    }
}

impl Bed {
    pub async fn new() -> Self {
        Self::made(zellij().await, short_directory())
    }

    /// With a server already running.
    pub async fn running() -> Self {
        let bed = Self::new().await;
        bed.panes.ensure().await.unwrap();
        bed
    }

    /// With a shell script in the place of zellij.
    pub async fn with_program(script: &str) -> Self {
        let directory = short_directory();
        let program = directory.path().join("zellij.sh");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        Self::made(Zellij::find(None, Some(&program)).await.unwrap(), directory)
    }

    fn made(zellij: Zellij, directory: tempfile::TempDir) -> Self {
        let program = directory.path().join("ao");
        fs::write(&program, VIEWER).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let mark: (OsString, OsString) = ("AO_DATA_DIR".into(), directory.path().into());
        let viewer = Viewer {
            program,
            arguments: vec!["attach".into(), "--pane".into()],
            environment: vec![mark],
        };
        let project = ProjectId::parse("shop").unwrap();
        let panes =
            ProjectPanes::new(zellij, &directory.path().join("zellij"), &project, viewer).unwrap();
        Self { panes, directory }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Opens panes for the orchestrator and workers 1 to `workers`.
    pub async fn open_team(&self, workers: u32) {
        self.panes.open(&lead()).await.unwrap();
        for n in 1..=workers {
            self.panes.open(&worker(n)).await.unwrap();
        }
    }

    /// The one pane of a session.
    pub async fn view(&self, id: &str) -> Option<PaneView> {
        let all = self.panes.list().await.unwrap();
        let mut mine: Vec<_> = all.into_iter().filter(|p| p.session.as_str() == id).collect();
        assert!(mine.len() <= 1, "{mine:?}");
        mine.pop()
    }

    /// The ids of all panes, sorted.
    pub async fn ids(&self) -> Vec<String> {
        let all = self.panes.list().await.unwrap();
        let mut ids: Vec<String> = all.into_iter().map(|pane| pane.session.to_string()).collect();
        ids.sort();
        ids
    }

    /// What the viewer of a session wrote about itself when it began, once it has.
    pub async fn viewer(&self, id: &str) -> String {
        let file = self.path().join(format!("viewer.{id}"));
        eventually(|| fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n'))).await
    }

    /// The process of a session's viewer.
    pub async fn viewer_process(&self, id: &str) -> ProcessId {
        let said = self.viewer(id).await;
        let pid = said.split_whitespace().next().unwrap().parse().unwrap();
        ProcessId::observe(pid).expect("the viewer lives")
    }

    /// Sends a signal to the server.
    pub fn signal_server(&self, signal: rustix::process::Signal) -> ProcessId {
        let server = self.panes.server_process().expect("a server is recorded");
        signal_process(server, signal);
        server
    }

    /// Ends the server and looks that nothing is left: no process, no file.
    pub async fn end(self) {
        self.panes.end().await.unwrap();
        assert!(!self.panes.socket().exists());
        if let Ok(left) = fs::read_dir(self.path().join("zellij")) {
            let left: Vec<_> = left.collect();
            assert!(left.is_empty(), "{left:?}");
        }
        eventually(|| self.processes().is_empty().then_some(())).await;
    }

    /// Processes whose command line or environment names this bed's directory.
    fn processes(&self) -> Vec<u32> {
        let needle = self.path().as_os_str().as_encoded_bytes();
        let names_it = |file: String| {
            fs::read(file).is_ok_and(|text| text.windows(needle.len()).any(|part| part == needle))
        };
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok())
            .filter(|pid| {
                names_it(format!("/proc/{pid}/cmdline")) || names_it(format!("/proc/{pid}/environ"))
            })
            .collect()
    }
}

impl Drop for Bed {
    /// After a test that failed; after one that passed there is nothing.
    fn drop(&mut self) {
        for pid in self.processes() {
            if let Some(process) = ProcessId::observe(pid) {
                signal_process(process, rustix::process::Signal::KILL);
            }
        }
    }
}

/// Short, for sockets.
fn short_directory() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("aoz").tempdir_in("/tmp").unwrap()
}

/// Writes its pid, its terminal's size and its environment, and waits.
const VIEWER: &str = r#"#!/bin/sh
stty -echo
{ echo "$$ $(stty size)"; env; } > "$AO_DATA_DIR/.viewer.$3"
mv "$AO_DATA_DIR/.viewer.$3" "$AO_DATA_DIR/viewer.$3"
printf '\033]0;a title of its own\007this is %s\n' "$3"
exec cat
"#;

pub fn id(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

/// The orchestrator's pane.
pub fn lead() -> PaneSpec {
    let session = id("shop-orchestrator");
    PaneSpec { title: session.to_string(), session, place: Place::Main }
}

/// The pane of worker `n`.
pub fn worker(n: u32) -> PaneSpec {
    let session = id(&format!("shop-{n}"));
    PaneSpec { title: format!("{session} · task {n}"), session, place: Place::Worker }
}

/// Waits until `look` finds something; fails after ten seconds.
pub async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "it did not come about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until a process has ended.
pub async fn gone(process: ProcessId) {
    eventually(|| (process.is_alive() == Evidence::Gone).then_some(())).await;
}

/// Signals exactly this process.
pub fn signal_process(process: ProcessId, signal: rustix::process::Signal) {
    if process.is_alive() == Evidence::Alive {
        let pid = rustix::process::Pid::from_raw(i32::try_from(process.pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }
}
