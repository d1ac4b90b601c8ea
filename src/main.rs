//! The binary: which role am I? Logging for the roles that have a log, then the role, then its exit
//! code.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use ao::config::{BoundedLog, Environment, Paths, Settings};
use tracing_subscriber::EnvFilter;

/// Bytes of the supervisor's log before it begins anew.
const SUPERVISOR_LOG: u64 = 8 << 20;
/// The same for a session host's.
const HOST_LOG: u64 = 1 << 20;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let words: Vec<&str> = args.iter().skip(1).map_while(|arg| arg.to_str()).collect();
    let code = match words.as_slice() {
        // Agents wait for their hooks, and sessions for their hosts: no command line is built.
        ["hook", agent, event] if args.len() == 4 => ao::hook::run(agent, event),
        ["host", "--launch", file] if args.len() == 4 => {
            log(&std::env::var("AO_LOG").unwrap_or_else(|_| "warn".into()), HOST_LOG);
            ao::cli::commands::host::role(Path::new(file))
        }
        ["one-shot", dir] if args.len() == 3 => {
            ao::cli::commands::one_shot::role(Path::new(dir), ao::hook::listener())
        }
        ["supervisor", ..] => {
            log(&supervisor_filter(), SUPERVISOR_LOG);
            ao::cli::run(&args)
        }
        _ => ao::cli::run(&args),
    };
    ExitCode::from(code)
}

/// What the settings say. One that is not understood is told by the supervisor itself.
fn supervisor_filter() -> String {
    let environment = Environment::of_process();
    let settings = Paths::resolve(&environment)
        .and_then(|paths| Settings::load(&paths.config_file(), &environment));
    settings.map_or_else(|_| Settings::default().log, |settings| settings.log)
}

/// To standard error, which is a file where the role runs in the background, and kept short there.
fn log(filter: &str, limit: u64) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || BoundedLog::new(limit))
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
