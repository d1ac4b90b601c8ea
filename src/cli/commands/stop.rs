//! `ao stop`: the supervisor goes, sessions live on unless asked otherwise.

use std::io;
use std::time::Duration;

use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::cli::args::Key;
use crate::cli::consent;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions;
use crate::client::{Client, ClientError, Deadline, Target};
use crate::process::Peer;
use crate::supervisor;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::session::SessionList;
use crate::wire::supervisor::{Stop, StopAnswer};

/// A supervisor that was asked to stop is gone in less than 5 s; the rest is patience.
const GONE_WITHIN: Duration = Duration::from_secs(15);

/// Stop the supervisor; sessions live on and are taken over at the next start
#[derive(Debug, Args)]
pub struct StopArgs {
    /// End every session, too; they are listed first
    #[arg(long)]
    pub sessions: bool,
    /// Do not ask before ending sessions
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: &StopArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_of_running()?.with_key(args.key.idempotency_key.clone());
    let Some(process) = listener(&client)? else {
        return nothing_runs(args, context, &client);
    };
    if args.sessions && !agreed(args, context, &client).await? {
        return Err(Failure::usage(
            "nothing was stopped",
            "the answer was not yes",
            "`ao stop` alone leaves the sessions running",
        ));
    }
    let body = Stop { sessions: args.sessions };
    let answer = client.post(&Target::new(&["stop"]), &body, Deadline::Long).await;
    let answer: StopAnswer = match answer {
        // Whatever its version, it understands SIGTERM, which leaves sessions alone.
        Err(ClientError::Incompatible(_)) if !args.sessions => process.terminate()?,
        answer => answer?,
    };
    process.wait()?;
    print(&answer, context)
}

/// Nothing to stop; but sessions may live without a supervisor, and to end them takes one.
fn nothing_runs(args: &StopArgs, context: &Context, client: &Client) -> Result<(), Failure> {
    let held = supervisor::withdraw(&client.address().paths)
        .map_err(|error| std::io::Error::other(error.to_string()))
        .map_err(|error| Failure::system("cannot look at the lock", &error, "`ao doctor`"))?;
    if held {
        return Err(ApiError::new(
            ErrorCode::Unreachable,
            "the supervisor was not stopped",
            "one is just starting or ending, and does not listen",
            "try again in a second",
        )
        .into());
    }
    let hosts = std::fs::read_dir(client.address().paths.hosts_dir());
    let count = hosts.map_or(0, |entries| entries.filter_map(Result::ok).count());
    if args.sessions && count > 0 {
        return Err(ApiError::new(
            ErrorCode::Unreachable,
            "no session was ended",
            format!("no supervisor is running, and {count} sessions may live without one"),
            "`ao ls` starts one that takes them over; then again",
        )
        .into());
    }
    let nothing = serde_json::json!({"pid": null, "living": [], "ended": []});
    context.out.result(&nothing, &[], || context.out.line("no supervisor is running"))
}

fn print(answer: &StopAnswer, context: &Context) -> Result<(), Failure> {
    let out = &context.out;
    let ids: Vec<&str> = answer.ended.iter().map(String::as_str).collect();
    out.result(answer, &ids, || {
        out.line(&format!("stopped the supervisor (pid {})", answer.pid))?;
        if !answer.ended.is_empty() {
            out.line(&format!("ended: {}", answer.ended.join(" ")))?;
        }
        if !answer.living.is_empty() {
            out.line(&format!("living on: {}", answer.living.join(" ")))?;
        }
        Ok(())
    })
}

/// Lists what would end, and asks where somebody can answer.
async fn agreed(args: &StopArgs, context: &Context, client: &Client) -> Result<bool, Failure> {
    let list: SessionList = client.get(&Target::new(&["sessions"])).await?;
    if list.sessions.is_empty() {
        return Ok(true);
    }
    if !context.out.json && !context.out.quiet {
        context.out.table(&sessions::table("SESSION", &list.sessions, 0))?;
        context.out.flush()?;
    }
    if args.yes {
        return Ok(true);
    }
    if !consent::can_ask() {
        return Err(Failure::usage(
            "nothing was stopped",
            format!("{} sessions would end, and nobody is there to agree", list.sessions.len()),
            "`ao stop --sessions --yes`",
        ));
    }
    consent::ask(&format!("end these {} sessions?", list.sessions.len()))
}

/// The supervisor's process, held so that its pid means nobody else.
struct Listener {
    pid: u32,
    pidfd: rustix::fd::OwnedFd,
}

fn listener(client: &Client) -> Result<Option<Listener>, Failure> {
    let Ok(stream) = std::os::unix::net::UnixStream::connect(client.address().paths.socket())
    else {
        return Ok(None);
    };
    let peer = Peer::of(&stream).ok().filter(Peer::is_same_user).and_then(|peer| peer.process);
    let Some(process) = peer else { return Ok(None) };
    let failed = |e: io::Error| Failure::system("cannot watch the supervisor", &e, "`ao doctor`");
    let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
    let Some(pid) = pid else { return Ok(None) };
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|e| failed(e.into()))?;
    Ok(Some(Listener { pid: process.pid, pidfd }))
}

impl Listener {
    fn terminate(&self) -> Result<StopAnswer, Failure> {
        pidfd_send_signal(&self.pidfd, Signal::TERM)
            .map_err(|e| Failure::system("cannot stop the supervisor", &e.into(), "`ao doctor`"))?;
        Ok(StopAnswer { pid: self.pid, living: Vec::new(), ended: Vec::new() })
    }

    /// Returns when the process is gone: a command that follows finds no half of it.
    fn wait(&self) -> Result<(), Failure> {
        let limit = Timespec { tv_sec: GONE_WITHIN.as_secs().cast_signed(), tv_nsec: 0 };
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        match rustix::io::retry_on_intr(|| poll(&mut fds, Some(&limit))) {
            Ok(0) => Err(ApiError::new(
                ErrorCode::Timeout,
                "the supervisor has not gone",
                format!("pid {} is still there after {} s", self.pid, GONE_WITHIN.as_secs()),
                format!("`kill -KILL {}`: sessions live on and nothing accepted is lost", self.pid),
            )
            .into()),
            Ok(_) => Ok(()),
            Err(e) => Err(Failure::system("cannot watch the supervisor", &e.into(), "`ao status`")),
        }
    }
}
