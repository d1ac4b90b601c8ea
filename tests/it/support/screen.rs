//! Waiting for what a session's terminal shows.

use std::io::Read;
use std::process::Stdio;

use super::Sandbox;

/// Returns once the screen of the session holds `text`, woken by its output.
pub fn until_screen(sandbox: &Sandbox, id: &str, text: &str) {
    let mut command = sandbox.ao(&["logs", "--follow", id]).command();
    let mut output = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = output.stdout.take().unwrap();
    let deadline = std::time::Instant::now() + super::SOON;
    let mut buffer = [0; 4096];
    loop {
        let screen = sandbox.ao(&["screen", id]).ok().out();
        if screen.contains(text) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "no {text:?} on the screen: {screen}");
        assert!(reader.read(&mut buffer).unwrap() > 0, "it ended without {text:?}: {screen}");
    }
    output.kill().unwrap();
    output.wait().unwrap();
}
