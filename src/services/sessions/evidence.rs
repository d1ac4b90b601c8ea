//! What the world shows of a session: why ao believes what it says of it.

use crate::host::ExitRecord;
use crate::model::session::{EndReason, Phase};
use crate::process::{self, Evidence};
use crate::services::{ServiceError, World};
use crate::store::sessions::{Processes, Session};
use crate::wire::session::EvidenceView;
use crate::wire::time::age_s;

use super::find::HOST;

/// What was found out about the processes of a session's generation, without asking its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::services) struct Signs {
    /// The host's process.
    pub(in crate::services) host: Evidence,
    /// The agent's.
    pub(in crate::services) agent: Evidence,
}

/// Looks at the processes; nothing is concluded about those of another boot.
pub(in crate::services) fn signs(processes: &Processes) -> Signs {
    match process::boot_id() {
        Ok(boot) if boot == processes.boot_id => {
            Signs { host: processes.host.is_alive(), agent: processes.agent.is_alive() }
        }
        Ok(_) => Signs { host: Evidence::Gone, agent: Evidence::Gone },
        Err(_) => Signs { host: Evidence::Unknown, agent: Evidence::Unknown },
    }
}

/// All signs, each asked for now, for a person.
pub(super) async fn evidence(world: &World, session: &Session) -> Vec<EvidenceView> {
    let mut found = Vec::new();
    let mut say = |sign: &str, found_out: &str, detail: String| {
        found.push(EvidenceView { sign: sign.to_owned(), found: found_out.to_owned(), detail });
    };
    if !session.phase.is_over() && session.generation.0 > 0 {
        match tokio::time::timeout(HOST, hello(world, session)).await {
            Ok(Ok(())) => say("host", "alive", "it answers".to_owned()),
            // That it does not answer proves nothing.
            Ok(Err(error)) => say("host", "unknown", error.to_string()),
            Err(_) => say("host", "unknown", format!("no answer within {} s", HOST.as_secs())),
        }
    }
    if let Some(processes) = &session.processes {
        boot(processes, &mut say);
        let signs = signs(processes);
        for (sign, process, seen) in [
            ("host process", processes.host, signs.host),
            ("agent process", processes.agent, signs.agent),
        ] {
            let detail = format!("pid {}, started at tick {}", process.pid, process.start_time);
            say(sign, word(seen), detail);
        }
    }
    let dir = world.paths.generation_dir(&session.id, session.generation);
    match ExitRecord::read(&dir) {
        Ok(Some(record)) if record.generation == session.generation => {
            let exit = EndReason::Exited { code: super::settle::exit_code(&record.exit) };
            let ago = age_s(world.now(), record.exit.at);
            say("exit record", "gone", format!("the host wrote {exit}, {ago} s ago"));
        }
        Ok(_) => {}
        Err(error) => say("exit record", "unknown", error.to_string()),
    }
    if let Phase::Ended { reason } = &session.phase {
        let ago = age_s(world.now(), session.phase_at);
        say("record", "gone", format!("{reason}, {ago} s ago, after its processes were seen gone"));
    }
    found
}

async fn hello(world: &World, session: &Session) -> Result<(), ServiceError> {
    world.hosts.client(world, session).await?.ask_hello().await?;
    Ok(())
}

fn boot(processes: &Processes, say: &mut impl FnMut(&str, &str, String)) {
    match process::boot_id() {
        Ok(boot) if boot == processes.boot_id => {
            say("boot", "alive", "the machine has not been started anew since".to_owned());
        }
        Ok(_) => say("boot", "gone", "the machine has been started anew since".to_owned()),
        Err(error) => say("boot", "unknown", error.to_string()),
    }
}

fn word(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Alive => "alive",
        Evidence::Gone => "gone",
        Evidence::Unknown => "unknown",
    }
}
