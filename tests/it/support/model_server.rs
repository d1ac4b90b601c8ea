//! The scripted stand-in for the models' servers (tests/mockllm) on a port of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::LATER;
use super::files::eventually_within;

/// A running server with its log.
pub struct ModelServer {
    child: Child,
    directory: PathBuf,
    /// Where it listens, on loopback.
    pub port: u16,
}

impl ModelServer {
    /// Starts one that keeps its log and the bodies of requests in `directory`.
    pub fn start(directory: &Path) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(directory.join("requests.jsonl"), "").unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mockllm/server.py");
        let mut child = Command::new("python3")
            .arg(program)
            .arg("--log")
            .arg(directory.join("requests.jsonl"))
            .arg("--bodies")
            .arg(directory.join("bodies"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 must be installed: ./test does it");
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().expect("it prints its port first");
        Self { child, directory: directory.to_owned(), port }
    }

    /// Its address without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The answered requests so far, in order of their answers.
    pub fn requests(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.directory.join("requests.jsonl")).unwrap();
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The first answered request that `wanted` is true of, once there is one.
    pub fn request(&self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        eventually_within(LATER, &self.directory, &format!("a request: {what}"), || {
            self.requests().into_iter().find(&mut wanted)
        })
    }

    /// The first answered request of a turn whose newest words of the user contain `text`. What
    /// asks for a title comes without tools.
    pub fn hears(&self, text: &str) -> Value {
        self.request(text, |request| {
            let has_tools = request["tools"].as_array().is_some_and(|tools| !tools.is_empty());
            has_tools && request["user"].as_str().unwrap_or("").contains(text)
        })
    }

    /// All that the agent sent along with a request.
    pub fn body(&self, request: &Value) -> Value {
        let number = request["n"].as_u64().unwrap();
        let text = std::fs::read_to_string(self.directory.join(format!("bodies/{number:04}.json")));
        serde_json::from_str(&text.unwrap()).unwrap()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
