//! The binary: which role am I?

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["host", "--launch", file] => {
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
            match ao::host::serve::run(Path::new(file)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
        _ => ExitCode::from(2),
    }
}
