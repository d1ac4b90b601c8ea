//! A session host in a directory of its own, the real binary, for the tests `host_*`. Ends what it
//! started, also when a test fails.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ao::host::{
    Admission, Attach, AttachStream, ControlKey, Delivery, Events, ExitRecord, FromHost,
    HostClient, HostEvent, Inject, InjectRules, LAUNCH_VERSION, Launch, Size, Started, attach,
    start,
};
use ao::model::ids::{Generation, MessageId, SessionId};
use ao::process::{Evidence, ProcessId, find_by_environ};

/// No test takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// For one expected event.
pub const SOON: Duration = Duration::from_secs(20);

/// The binary that is tested.
pub fn ao() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ao"))
}

/// Runs a test with a deadline.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, test).await.expect("the test hangs") });
}

pub struct Lab {
    dir: tempfile::TempDir,
    pub key: ControlKey,
    mark: String,
}

/// A running session; ended when dropped.
pub struct Session {
    pub launch: Launch,
    pub started: Started,
    pub client: HostClient,
    mark: String,
}

impl Lab {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = ControlKey::random().unwrap();
        key.write_new(&dir.path().join("key")).unwrap();
        std::fs::create_dir(dir.path().join("g")).unwrap();
        let mark = dir.path().to_str().unwrap().to_owned();
        Self { dir, key, mark }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A launch of a shell script.
    pub fn script(&self, script: &str) -> Launch {
        self.launch(&["/bin/sh", "-c", script])
    }

    pub fn launch(&self, argv: &[&str]) -> Launch {
        let path = std::env::var("PATH").unwrap();
        let env = [("PATH", path.as_str()), ("AO_TEST_HOST", &self.mark), ("LC_ALL", "C.UTF-8")];
        Launch {
            version: LAUNCH_VERSION,
            session: SessionId::parse("lab-1").unwrap(),
            generation: Generation(1),
            socket: self.path("s.sock"),
            dir: self.path("g"),
            control_key: self.path("key"),
            cwd: self.dir.path().to_owned(),
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            env: env.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect::<BTreeMap<_, _>>(),
            size: Size { cols: 80, rows: 24 },
            record_limit: 1 << 20,
            inject: Inject::default(),
        }
    }

    pub async fn try_start(&self, launch: &Launch) -> Result<Started, ao::host::HostError> {
        let file = self.path("launch.json");
        launch.write(&file).unwrap();
        start(ao(), &file, SOON).await
    }

    pub async fn start(&self, launch: Launch) -> Session {
        let started = self.try_start(&launch).await.unwrap();
        let client = HostClient::connect(&launch.socket, &self.key).await.unwrap();
        Session { launch, started, client, mark: self.mark.clone() }
    }

    pub async fn run(&self, script: &str) -> Session {
        self.start(self.script(script)).await
    }

    /// Processes that carry this lab's mark.
    pub fn marked(&self) -> Vec<ProcessId> {
        find_by_environ(&[("AO_TEST_HOST", &self.mark)]).unwrap().found
    }
}

impl Session {
    /// Waits until the screen holds `text`, woken by a viewer's output.
    pub async fn sees(&self, text: &str) {
        let mut viewer = self.viewer().await;
        soon("the screen shows it", async {
            loop {
                let lines = self.client.snapshot(false, 500).await.unwrap().lines;
                if lines.iter().any(|line| line.contains(text)) {
                    return;
                }
                viewer.reader.next().await.unwrap();
            }
        })
        .await;
    }

    pub async fn lines(&self) -> Vec<String> {
        let lines = self.client.snapshot(false, 500).await.unwrap().lines;
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }

    /// A viewer that neither types nor sets the size.
    pub async fn viewer(&self) -> AttachStream {
        self.attach(self.launch.size, true, false).await
    }

    pub async fn attach(&self, size: Size, read_only: bool, pane: bool) -> AttachStream {
        let admission = Admission::OutsideEverySession;
        attach(&self.launch.socket, Attach { admission, size, read_only, pane }).await.unwrap()
    }

    /// Ends it and tells how the agent ended.
    pub async fn ended(self) -> ExitRecord {
        self.gone().await;
        ExitRecord::read(&self.launch.dir).unwrap().unwrap()
    }

    /// Until the host's process has gone.
    pub async fn gone(&self) {
        soon("the host goes", until_gone(self.started.host)).await;
    }

    pub async fn exited(events: &mut Events) -> ao::host::Exit {
        soon("the exit is told", async {
            while let Some(event) = events.recv().await {
                if let HostEvent::Exited(exit) = event {
                    return exit;
                }
            }
            panic!("the events ended without the exit")
        })
        .await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        ao::process::signal(&[self.started.host], 9);
        let left = find_by_environ(&[("AO_TEST_HOST", &self.mark)]).unwrap().found;
        ao::process::signal(&left, 9);
    }
}

/// Waits for the end of a process, which may be no child of ours.
pub async fn until_gone(process: ProcessId) {
    let ended = ao::process::end(|| Ok(vec![]), Duration::ZERO, Duration::ZERO).await.unwrap();
    assert!(ended.left.is_empty());
    let Some(pid) = rustix::process::Pid::from_raw(process.pid.cast_signed()) else { return };
    let Ok(pidfd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::NONBLOCK) else {
        return;
    };
    if process.is_alive() != Evidence::Alive {
        return;
    }
    // SAFETY: an OwnedFd is the same open descriptor until it is dropped, by the AsyncFd.
    let pidfd = unsafe { tokio::io::unix::AsyncFd::register(pidfd) }.unwrap();
    // Readable when the process has ended.
    drop(pidfd.readable().await.unwrap());
}

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(SOON, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {SOON:?}: {what}"),
    }
}

/// The next frame of a viewer.
pub async fn next(viewer: &mut AttachStream) -> FromHost {
    soon("a frame", viewer.reader.next()).await.unwrap().expect("the host closed the connection")
}

/// Reads until raw output or a repaint holds `text`.
pub async fn shows(viewer: &mut AttachStream, text: &str) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        match next(viewer).await {
            FromHost::Repaint(bytes) => seen = bytes,
            FromHost::Output(bytes) => seen.extend(bytes),
            FromHost::Clipped(_) => {}
            FromHost::Exited(exit) => panic!("ended: {exit:?}"),
        }
    }
}

pub fn delivery(id: &str, body: &str) -> Delivery {
    Delivery {
        id: MessageId::parse(id).unwrap(),
        body: body.to_owned(),
        submit: true,
        settle_ms: 100,
        rules: InjectRules::default(),
    }
}
