//! ao with a supervisor, a repository and a hundred sessions of its own, gone when dropped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Sessions that live.
pub const LIVE: usize = 20;
/// All of them.
pub const ALL: usize = 100;

pub struct AoBed {
    root: PathBuf,
    /// The session whose terminal is measured.
    pub probe: String,
}

impl AoBed {
    /// Twenty live sessions (one of them the probe) and eighty that have ended. `terminal` is the
    /// program that tells `socket` what it sees.
    pub fn new(root: &Path, terminal: &Path, socket: &Path) -> Self {
        let mut bed = Self::crowd(root, LIVE - 1, ALL - LIVE);
        let (terminal, socket) = (terminal.to_str().unwrap(), socket.to_str().unwrap());
        let spawned = bed.json(&["spawn", "--", terminal, "--probe", socket]);
        bed.probe = spawned["session"]["id"].as_str().unwrap().to_owned();
        bed.settle(ALL - LIVE);
        bed
    }

    /// So many sessions that have ended, and then so many that live, without the probe.
    pub fn crowd(root: &Path, live: usize, ended: usize) -> Self {
        let bed = Self { root: root.to_owned(), probe: String::new() };
        bed.repository();
        std::fs::create_dir_all(root.join("config/agents")).unwrap();
        std::fs::write(root.join("config/config.toml"), "zellij = \"off\"\n").unwrap();
        bed.json(&["start", "--no-orchestrator"]);
        for _ in 0..ended {
            bed.json(&["spawn", "--", "true"]);
        }
        for _ in 0..live {
            bed.json(&["spawn", "--", "cat"]);
        }
        bed.settle(ended);
        bed
    }

    fn repository(&self) {
        let repository = self.repository_path();
        std::fs::create_dir_all(&repository).unwrap();
        for args in [
            &["init", "--quiet"][..],
            &["symbolic-ref", "HEAD", "refs/heads/main"],
            &[
                "-c",
                "user.name=bench",
                "-c",
                "user.email=bench@localhost",
                "-c",
                "commit.gpgSign=false",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "Begin",
            ],
        ] {
            let status = Command::new("git").args(args).current_dir(&repository).status().unwrap();
            assert!(status.success(), "git {args:?}");
        }
    }

    fn repository_path(&self) -> PathBuf {
        self.root.join("bench")
    }

    /// `ao` in this place.
    pub fn ao(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ao"));
        command
            .args(args)
            .current_dir(self.repository_path())
            .env("AO_DATA_DIR", self.root.join("data"))
            .env("AO_CONFIG_DIR", self.root.join("config"))
            .stdin(Stdio::null());
        command
    }

    /// The supervisor's socket.
    pub fn socket(&self) -> PathBuf {
        self.root.join("data/run/ao.sock")
    }

    /// Writes the manifest of an agent that takes pastes only in brackets, and Enter right behind.
    pub fn manifest(&self, name: &str, argv: &[&Path]) {
        let text = format!(
            "name = \"{name}\"\nbinary = {:?}\nargv = {:?}\nprompt = \"paste\"\n\
             system_prompt = \"file\"\nhooks = \"none\"\nidle_evidence = \"quiet\"\n\n\
             [inject]\nsettle_ms = 0\nbracketed_only = true\n",
            argv[0],
            &argv[1..]
        );
        std::fs::write(self.root.join(format!("config/agents/{name}.toml")), text).unwrap();
    }

    /// Keeps a flow of the person's own, which may run programs.
    pub fn own_flow(&self, name: &str, text: &str) {
        let folder = self.root.join("config/flows");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.toml")), text).unwrap();
    }

    /// Runs it and reads its answer.
    pub fn json(&self, args: &[&str]) -> Value {
        // What stands after -- is the agent's.
        let at = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
        let (own, agent) = args.split_at(at);
        let output = self.ao(&[own, &["--json"], agent].concat()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ao {args:?}: {told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Waits until the first ones, which are to end, have ended, and the living are idle.
    fn settle(&self, ended: usize) {
        let all = self.json(&["ls", "--all"]);
        let all = all["sessions"].as_array().unwrap();
        let ids = |agent_lives: bool| -> Vec<String> {
            let last = ended;
            let of = all.iter().map(|session| session["id"].as_str().unwrap().to_owned());
            let number = |id: &String| id.rsplit('-').next().unwrap().parse::<usize>().unwrap();
            of.filter(|id| (number(id) > last) == agent_lives).collect()
        };
        for (state, ids) in [("exited", ids(false)), ("idle", ids(true))] {
            let mut args = vec!["wait", "--for", state, "--timeout", "60"];
            args.extend(ids.iter().map(String::as_str));
            if !ids.is_empty() {
                self.json(&args);
            }
        }
    }

    /// The ids of the sessions that live.
    pub fn live(&self) -> Vec<String> {
        let sessions = self.json(&["ls"]);
        let ids = sessions["sessions"].as_array().unwrap().iter();
        ids.map(|session| session["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The supervisor's pid, and those of the hosts.
    pub fn pids(&self) -> (u64, Vec<u64>) {
        let status = self.json(&["status"]);
        let sessions = self.json(&["ls"]);
        let sessions = sessions["sessions"].as_array().unwrap();
        let hosts = sessions.iter().map(|session| session["host_pid"].as_u64().unwrap());
        (status["supervisor"]["pid"].as_u64().unwrap(), hosts.collect())
    }
}

impl Drop for AoBed {
    fn drop(&mut self) {
        // Whatever it says, nothing more can be done here.
        let _ = self.ao(&["stop", "--sessions", "--yes"]).stdout(Stdio::null()).status();
    }
}
