//! A client of `ao mcp` that knows no more than the protocol: JSON-RPC, a line a message. As the
//! person's own agent, or inside a session as its agent would start it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use super::{LATER, Sandbox};

/// A server with its client's end.
pub struct Mcp {
    to: Option<Box<dyn Write + Send>>,
    from: Receiver<Value>,
    early: Vec<Value>,
    next: u64,
    child: Option<Child>,
    session: Option<std::thread::JoinHandle<()>>,
}

impl Mcp {
    /// Outside of every session.
    pub fn of_person(sandbox: &Sandbox) -> Self {
        let command = sandbox.ao(&["--project", "shop", "mcp"]).command();
        Self::started(command)
    }

    /// A server that is this command.
    pub fn started(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("ao is built");
        let to = Box::new(child.stdin.take().unwrap());
        let from = read(child.stdout.take().unwrap());
        let mut mcp =
            Self { to: Some(to), from, early: vec![], next: 0, child: Some(child), session: None };
        mcp.greet();
        mcp
    }

    /// Inside a session whose agent is a probe.
    pub fn inside(sandbox: &Sandbox, session: &str) -> Self {
        let probe = sandbox.probe(session);
        let pipe = |name: &str| sandbox.path(&format!("{session}.{name}.{}", rand()));
        let (input, output) = (pipe("in"), pipe("out"));
        for path in [&input, &output] {
            super::make_pipe(path);
        }
        let line = format!("exec ao mcp <{} >{}", input.display(), output.display());
        let session = std::thread::spawn(move || {
            probe.run(&["sh", "-c", &line]);
        });
        let to = std::fs::OpenOptions::new().write(true).open(input).unwrap();
        let from = read(std::fs::File::open(output).unwrap());
        let to: Box<dyn Write + Send> = Box::new(to);
        let mut mcp = Self {
            to: Some(to),
            from,
            early: vec![],
            next: 0,
            child: None,
            session: Some(session),
        };
        mcp.greet();
        mcp
    }

    fn greet(&mut self) {
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = self.request("initialize", hello);
        assert_eq!(answer["result"]["serverInfo"]["name"], "ao", "{answer}");
        self.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }

    fn write(&mut self, message: &Value) {
        let to = self.to.as_mut().expect("only the end takes it");
        to.write_all(format!("{message}\n").as_bytes()).unwrap();
        to.flush().unwrap();
    }

    /// Begins a request; its id.
    pub fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        let id = self.next;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    pub fn begin_call(&mut self, tool: &str, arguments: Value) -> u64 {
        self.begin("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// The answer to a request.
    pub fn answer(&mut self, id: u64) -> Value {
        let is_it = |message: &Value| message["id"] == id;
        if let Some(at) = self.early.iter().position(is_it) {
            return self.early.remove(at);
        }
        loop {
            let message = self.from.recv_timeout(LATER).expect("the server answers");
            if is_it(&message) {
                return message;
            }
            self.early.push(message);
        }
    }

    /// Takes a request back.
    pub fn cancel(&mut self, id: u64) {
        let params = json!({"requestId": id, "reason": "test"});
        let method = "notifications/cancelled";
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// The names of the tools.
    pub fn tools(&mut self) -> Vec<String> {
        let answer = self.request("tools/list", json!({}));
        let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Calls a tool that must do it.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let id = self.begin_call(tool, arguments);
        let answer = self.answer(id);
        assert_ne!(answer["result"]["isError"], true, "{tool}: {answer}");
        let value = answer["result"]["structuredContent"].clone();
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value, "both say the same");
        value
    }

    /// Calls a tool that must refuse, in words for the model.
    pub fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let id = self.begin_call(tool, arguments);
        let answer = self.answer(id);
        assert!(answer["error"].is_null(), "no fault of the protocol: {answer}");
        assert_eq!(answer["result"]["isError"], true, "{tool}: {answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

impl Drop for Mcp {
    fn drop(&mut self) {
        // It ends when nobody speaks to it any more.
        self.to = None;
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
        if let Some(session) = self.session.take() {
            let _ = session.join();
        }
    }
}

fn rand() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Every line is a message of the protocol, and nothing else is ever there.
fn read(from: impl std::io::Read + Send + 'static) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let message: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("no JSON on standard output: {error}: {line}"));
            assert_eq!(message["jsonrpc"], "2.0", "{line}");
            let _ = sender.send(message);
        }
    });
    receiver
}
