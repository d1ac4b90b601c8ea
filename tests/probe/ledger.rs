//! What the probe saw, in files that the test reads: one set for each launch of its session.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Value, json};

/// The files of one launch.
pub struct Ledger {
    stem: PathBuf,
    draft: Mutex<Vec<u8>>,
}

impl Ledger {
    pub fn open(directory: &str) -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| "none".into());
        let name = format!("{}.{}", variable("AO_SESSION_ID"), variable("AO_GENERATION"));
        Self { stem: Path::new(directory).join(name), draft: Mutex::default() }
    }

    /// A file of this launch by its kind.
    pub fn path(&self, kind: &str) -> PathBuf {
        let mut path = self.stem.clone().into_os_string();
        path.push(format!(".{kind}"));
        path.into()
    }

    /// Who it is and what it was started with.
    pub fn started(&self) {
        let mine = |name: &str| {
            let names = ["AO_", "CLAUDE", "ZELLIJ", "HOME", "PATH", "TERM", "LANG", "PROBE"];
            names.iter().any(|prefix| name.starts_with(prefix))
        };
        let environment: serde_json::Map<String, Value> =
            std::env::vars().filter(|(name, _)| mine(name)).map(|(n, v)| (n, v.into())).collect();
        let cwd = std::env::current_dir().unwrap();
        let argv: Vec<String> = std::env::args().collect();
        let started = json!({
            "pid": std::process::id(), "cwd": cwd, "argv": argv, "env": environment,
        });
        self.append("started", &started.to_string());
    }

    /// Its terminal and its socket are set up.
    pub fn ready(&self) {
        self.append("ready", "{}");
    }

    /// A prompt that reached the model.
    pub fn said(&self, text: &str) {
        self.append("said", &json!({ "text": text }).to_string());
    }

    /// A prompt that the hook kept from the model.
    pub fn blocked(&self, text: &str) {
        self.append("blocked", &json!({ "text": text }).to_string());
    }

    /// What it took from a hook's answer.
    pub fn took(&self, text: &str) {
        self.append("took", &json!({ "text": text }).to_string());
    }

    /// What a dialog was answered.
    pub fn answered(&self, text: &str) {
        self.append("answered", &json!({ "text": text }).to_string());
    }

    /// An Escape, and whether it stopped a turn.
    pub fn escaped(&self, stopped: bool) {
        self.append("escapes", &json!({ "stopped": stopped }).to_string());
    }

    /// An Enter with nothing in the composer.
    pub fn bare_enter(&self) {
        self.append("bare", "{}");
    }

    /// A dialog stands on the screen.
    pub fn opened(&self) {
        let at = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        self.append("opened", &json!({ "at": u64::try_from(at).unwrap() }).to_string());
    }

    /// It is gone.
    pub fn closed(&self) {
        self.append("closed", "{}");
    }

    /// What the composer holds, kept for when it is drawn again.
    pub fn drafted(&self, draft: &[u8]) {
        self.draft.lock().unwrap().clear();
        self.draft.lock().unwrap().extend_from_slice(draft);
    }

    /// What the composer held last.
    pub fn draft(&self) -> String {
        String::from_utf8_lossy(&self.draft.lock().unwrap()).into_owned()
    }

    /// A hook and how it went.
    pub fn hooked(&self, event: &str, ran: &Value) {
        self.append("hooks", &json!({ "event": event, "ran": ran }).to_string());
    }

    /// Bytes as they came.
    pub fn bytes(&self, bytes: &[u8]) {
        self.file("bytes").write_all(bytes).unwrap();
    }

    /// Whole lines only: a test that is woken by the write can parse it.
    fn append(&self, kind: &str, line: &str) {
        self.file(kind).write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn file(&self, kind: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.path(kind)).unwrap()
    }
}
