//! The commands that an agent needs in its role, each with an example.

use serde::Serialize;

/// A command as a prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandExample {
    /// The command's name: `spawn`, `orchestrator status`.
    pub name: &'static str,
    /// A whole command line.
    pub example: String,
    /// What it does, in a few words.
    pub about: &'static str,
}

fn example(name: &'static str, example: impl Into<String>, about: &'static str) -> CommandExample {
    CommandExample { name, example: example.into(), about }
}

/// What an orchestrator needs; `worker` is an id as its workers have them.
pub fn orchestrator(worker: &str) -> Vec<CommandExample> {
    vec![
        example("status", "ao status", "the project, its workers and their states"),
        example("ls", "ao ls --json", "the workers, for reading with a program"),
        example(
            "show",
            format!("ao show {worker}"),
            "why a state is believed, commits, last lines",
        ),
        example(
            "spawn",
            "ao spawn --name \"login form\" --issue 12 \"Build the login form. Done means: …\"",
            "start a worker with its task; prints its id",
        ),
        example(
            "spawn",
            "ao spawn --name \"long task\" --prompt-file task.md",
            "the same with the task from a file",
        ),
        example(
            "send",
            format!("ao send {worker} \"Use the existing form.\""),
            "a message to a worker",
        ),
        example("send", format!("ao send {worker} --file answer.md"), "a long one, from a file"),
        example("messages", format!("ao messages --session {worker}"), "what became of messages"),
        example("screen", format!("ao screen {worker}"), "what its terminal shows now"),
        example("logs", format!("ao logs {worker}"), "what its terminal has shown"),
        example(
            "wait",
            format!("ao wait {worker} --for done --timeout 30m"),
            "until it reports done",
        ),
        example("result", format!("ao result {worker}"), "its whole result"),
        example("kill", format!("ao kill {worker}"), "end it; its worktree and branch stay"),
        example("events", "ao events --limit 20", "what has happened"),
    ]
}

/// What a worker needs; `orchestrator` is the address of whom it reports to.
pub fn worker(orchestrator: &str) -> Vec<CommandExample> {
    vec![
        example(
            "report",
            "ao report done --note \"what was done, and how it was checked\"",
            "the task is done",
        ),
        example(
            "report",
            "ao report done --note \"in short\" --result-file result.md",
            "the same with a long result",
        ),
        example("report", "ao report stuck --note \"what blocks, what was tried\"", "no way on"),
        example("report", "ao report needs-input --note \"the question\"", "a decision is needed"),
        example(
            "report",
            "ao report checkpoint --note \"what is reached\"",
            "half-way, for long tasks",
        ),
        example(
            "send",
            format!("ao send {orchestrator} \"the question, with what you would do\""),
            "a message, for true blockers only",
        ),
    ]
}
