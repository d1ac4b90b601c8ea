//! The one line by which a detached supervisor tells whoever started it that it is up, or why not.

use std::io::Write;

use crate::wire::error::ApiError;
use crate::wire::supervisor::Startup;

/// Says that requests are taken, and closes standard output.
pub fn up() {
    say(&Startup::Ready { pid: std::process::id() });
}

/// Says why it does not come up.
pub fn failed(error: ApiError) {
    say(&Startup::Error(error));
}

fn say(line: &Startup) {
    let text = serde_json::to_string(line).expect("a line of startup is plain JSON");
    let mut out = std::io::stdout().lock();
    // Whoever started it may be gone; the supervisor stays.
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
    drop(out);
    close_output();
}

/// Lets go of standard output: the reader waits for the end of the file, and later prints must go
/// nowhere.
pub fn close_output() {
    if let Ok(null) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}
