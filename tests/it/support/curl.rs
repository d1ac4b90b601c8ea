//! The contract as a shell script sees it: curl on the socket.

use std::process::Command;

use serde_json::Value;

use super::{Ao, Sandbox};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Sandbox {
    pub fn get(&self, path: &str) -> Answer {
        self.curl("GET", path, None, &[])
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.curl("POST", path, Some(&body.to_string()), &[])
    }

    /// Any request; a body is sent as JSON.
    pub fn curl(&self, method: &str, path: &str, body: Option<&str>, headers: &[&str]) -> Answer {
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "50", "-X", method, "--write-out", "\n%{http_code}"]);
        command.arg("--unix-socket").arg(self.socket());
        for header in headers {
            command.args(["-H", header]);
        }
        if body.is_some() {
            command.args(["-H", "content-type: application/json", "--data-binary", "@-"]);
        }
        command.arg(format!("http://ao/api/v1{path}"));
        let ran = Ao::new(command).input(body.unwrap_or_default()).run();
        let out = ran.out();
        let (text, status) = out.rsplit_once('\n').unwrap();
        let body = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        Answer { status: status.parse().unwrap(), body }
    }
}

impl Answer {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The code of an error, which must have the one shape.
    pub fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let error = &self.body["error"];
        for field in ["message", "reason", "hint"] {
            assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{}", self.body);
        }
        error["code"].as_str().unwrap().to_owned()
    }
}
