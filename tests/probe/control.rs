//! The probe's socket: a test sends one request as a JSON line and gets one JSON line back.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Probe, terminal};

/// Serves requests, one after the other in each connection.
pub fn listen(probe: Arc<Probe>) {
    let listener = UnixListener::bind(probe.ledger.path("ctl")).unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let probe = probe.clone();
            std::thread::spawn(move || serve(&probe, connection));
        }
    });
}

fn serve(probe: &Arc<Probe>, connection: UnixStream) {
    let mut writer = connection.try_clone().unwrap();
    for line in BufReader::new(connection).lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap();
        let answer = probe.answer(&request);
        if writer.write_all(format!("{answer}\n").as_bytes()).is_err() {
            return;
        }
    }
}

impl Probe {
    fn answer(self: &Arc<Self>, request: &Value) -> Value {
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        match text("op") {
            "run" => {
                let argv: Vec<String> = serde_json::from_value(request["argv"].clone()).unwrap();
                let changes = request["env"].as_object().cloned().unwrap_or_default();
                let changes: Vec<(String, Option<String>)> = changes
                    .into_iter()
                    .map(|(name, value)| (name, value.as_str().map(str::to_owned)))
                    .collect();
                return run(&argv, &changes, text("input"));
            }
            "knock" => return json!({ "said": knock(text("socket"), text("hello")) }),
            "hook" => return json!({ "out": self.hook(text("event"), text("payload")) }),
            "print" => terminal::print(text("text")),
            "hold" => self.behaviour.lock().unwrap().holds = request["on"] == true,
            "end-turn" => self.end_turn(),
            "tool" => {
                let call = r#"{"tool":"shell","call_id":"c7"}"#;
                self.hook("tool-started", call);
                self.takes(&self.hook("tool-ended", call));
            }
            "deaf" => {
                let escapes = request["escapes"].as_u64().unwrap();
                self.behaviour.lock().unwrap().deaf = u32::try_from(escapes).unwrap();
            }
            "late" => {
                let late = Duration::from_millis(request["ms"].as_u64().unwrap());
                self.behaviour.lock().unwrap().late = late;
            }
            "listen" => self.listen(),
            "lose" => self.behaviour.lock().unwrap().loses = true,
            "ignore" => self.behaviour.lock().unwrap().ignores = true,
            "keep-quiet" => self.behaviour.lock().unwrap().acknowledges = false,
            "dialog" => self.open_dialog(),
            "close-dialog" => self.close_dialog(&self.ledger.draft()),
            "dialog-on-paste" => {
                let delay = Duration::from_millis(request["ms"].as_u64().unwrap());
                self.behaviour.lock().unwrap().dialog_on_paste = Some(delay);
            }
            "shell" => become_shell(),
            "read" => {
                self.behaviour.lock().unwrap().reads = request["on"] == true;
                self.reading.notify_all();
            }
            "exit" => {
                let code = request["code"].as_i64().unwrap_or_default();
                std::process::exit(i32::try_from(code).unwrap());
            }
            other => panic!("the probe does not know {other:?}"),
        }
        json!({})
    }

    /// Takes messages by a stream, as the plugin of an agent does.
    fn listen(self: &Arc<Self>) {
        let mut listen = Command::new("ao");
        let mut child = listen.arg("listen").stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let probe = self.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                probe.ledger.listened(&line);
                if probe.behaviour.lock().unwrap().ignores {
                    continue;
                }
                let told: Value = serde_json::from_str(&line).unwrap();
                probe.submitted(told["text"].as_str().unwrap());
            }
            let _ = child.wait();
        });
    }

    /// On the screen first, as agents do; the hook follows.
    pub fn open_dialog(&self) {
        terminal::print("\nDo you want to proceed?\n  1. Yes\n  2. No\n");
        self.behaviour.lock().unwrap().dialog = true;
        self.ledger.opened();
        self.hook("permission-asked", r#"{"call_id":"c1","tool":"shell"}"#);
    }

    /// Also called by the composer, when the dialog is answered. The composer shows its draft again.
    pub fn close_dialog(&self, draft: &str) {
        terminal::print(&format!("\x1b[2J\x1b[Hdone\n> {draft}"));
        self.behaviour.lock().unwrap().dialog = false;
        self.ledger.closed();
        self.hook("permission-settled", r#"{"call_id":"c1","tool":"shell"}"#);
        self.hook("turn-ended", "{}");
    }
}

/// The first thing that a session's host says to this hello.
fn knock(socket: &str, hello: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let frame = ao::host::frame::encode(ao::host::frame::kind::HELLO, hello.as_bytes());
    stream.write_all(&frame).unwrap();
    let mut said = [0; 4096];
    let count = stream.read(&mut said).unwrap();
    String::from_utf8_lossy(&said[..count]).into_owned()
}

/// Leaves the terminal to a shell, as an agent does that was started from one.
fn become_shell() -> ! {
    terminal::restore();
    let error = Command::new("/bin/sh").arg("-i").env("PS1", "$ ").exec();
    panic!("no shell: {error}");
}

/// Runs a program to its end, inside the session.
pub fn run(argv: &[String], changes: &[(String, Option<String>)], input: &str) -> Value {
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return json!({ "code": null, "out": "", "err": error.to_string() }),
    };
    // A program that does not read its input is its own business.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    json!({
        "code": output.status.code(),
        "out": String::from_utf8_lossy(&output.stdout),
        "err": String::from_utf8_lossy(&output.stderr),
    })
}
