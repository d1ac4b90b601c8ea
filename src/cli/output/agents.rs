//! Agents for people.

use super::Table;
use super::{Printer, age, neutral, sessions::fields};
use crate::agents::Standing;
use crate::cli::commands::agents::Agent;
use crate::cli::error::Failure;

/// A table of agents.
pub fn table(agents: &[Agent]) -> Table {
    let mut table =
        Table::new(&["AGENT", "INSTALLED", "STATE BY", "RECEIPTS", "RESUME", "DIALOGS"]);
    for agent in agents {
        let can = &agent.abilities;
        table.row(&[
            &agent.name,
            &installed(agent),
            can.activity,
            yes(can.receipts),
            yes(can.resume),
            can.dialogs,
        ]);
    }
    table
}

/// Everything about one.
pub fn detail(out: &Printer, agent: &Agent) -> Result<(), Failure> {
    let can = &agent.abilities;
    let none = || "none".to_owned();
    let list = |list: &[String]| if list.is_empty() { none() } else { list.join(", ") };
    let program = agent.program.as_ref();
    let mut rows = vec![
        ("agent", agent.name.clone()),
        ("about", agent.about.clone()),
        ("program", program.map_or_else(|| "not on PATH".into(), |p| p.display().to_string())),
        ("installed", installed(agent)),
        ("tested", list(&agent.certified)),
        ("checked", checked(agent)),
        ("its state", format!("known by its {}", can.activity)),
        ("messages", messages(can.receipts).to_owned()),
        ("dialogs", dialogs(can.dialogs)),
        ("at work", mail_at_work(can.mail_at_work).to_owned()),
        ("one task", one_task(can.one_task).to_owned()),
        ("tools", if can.tools { "it is given ao's tools" } else { "none of ao's" }.to_owned()),
        ("usage", usage(can.usage).to_owned()),
        ("task", can.task.to_owned()),
        ("role", can.role.to_owned()),
        ("resume", if can.resume { "by its conversation's id" } else { "no" }.to_owned()),
        ("model", if can.model { "can be named" } else { "as it is set up" }.to_owned()),
        ("permission", list(&can.permissions)),
    ];
    if program.is_none() && !agent.install.is_empty() {
        rows.push(("install", agent.install.clone()));
    }
    rows.extend(agent.limits.iter().map(|limit| ("note", limit.clone())));
    fields(out, &rows)
}

/// What the checks of delivery found here.
fn checked(agent: &Agent) -> String {
    let Some(report) = &agent.checked else {
        return format!("never; `ao doctor --delivery {}` does", agent.name);
    };
    let failed: Vec<&str> =
        report.checks.iter().filter(|c| !c.passed).map(|c| c.name.as_str()).collect();
    let result = if failed.is_empty() {
        "all passed".into()
    } else {
        format!("failed: {}", failed.join(", "))
    };
    format!("{}, {} ago: {result}", report.version, age::since(&report.at))
}

fn installed(agent: &Agent) -> String {
    let Some(version) = &agent.version else {
        return match (&agent.program, agent.name.as_str()) {
            (Some(_), _) => "yes, version unknown".to_owned(),
            (None, "command") => "any".to_owned(),
            (None, _) => "no".to_owned(),
        };
    };
    let here = agent.checked.as_ref().filter(|report| report.version == *version);
    let standing = match agent.standing {
        _ if here.is_some_and(|report| !report.passed()) => "its checks failed here",
        Some(Standing::Untried | Standing::Unknown) | None if here.is_some() => "checked here",
        Some(Standing::Certified) => "tested",
        Some(Standing::Untried) => "this version is not tested",
        Some(Standing::TooOld) => "too old",
        Some(Standing::Unknown) | None => "not tested",
    };
    format!("{} ({standing})", neutral::one_line(version))
}

fn mail_at_work(takes: bool) -> &'static str {
    if takes { "it gets messages while it works" } else { "messages wait until its turn has ended" }
}

fn one_task(does: bool) -> &'static str {
    if does { "it does one task by `ao run-agent`" } else { "not without a terminal" }
}

fn usage(known: &str) -> &'static str {
    match known {
        "each call" => "tokens of each model call, as the provider counted them",
        "hooks" => "tokens as far as its hooks tell",
        _ => "not known",
    }
}

fn messages(receipts: bool) -> &'static str {
    if receipts {
        "it says what it has taken as a prompt"
    } else {
        "`written` is the most that can be known"
    }
}

fn dialogs(known_by: &str) -> String {
    match known_by {
        "not known" => "not known: that nothing is typed into one is best effort".to_owned(),
        by => format!("known by {by}; nothing is typed while one is open"),
    }
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}
