//! What each tool takes, does and answers: a file per noun.

mod agents;
mod board;
mod flows;
mod messages;
mod pages;
mod permissions;
mod results;
mod runs;
mod subagents;
mod waits;
mod workflows;

use super::toolbox::{Tool, tool};

/// For everybody: what an agent says of its own work.
pub(super) fn own() -> Vec<Tool> {
    vec![
        tool(
            "submit_result",
            "Give the whole result of your task: text, or JSON where a schema asks for it.",
            results::submit,
        )
        .harmless()
        .essential(),
    ]
}

/// For every session.
pub(super) fn team() -> Vec<Tool> {
    vec![
        tool(
            "report",
            "Say how your task stands; your orchestrator (or the person) is told.",
            results::report,
        )
        .harmless()
        .essential(),
        tool(
            "send_message",
            "Write to an agent of your project, or to \"orchestrator\". It is typed to it when it \
             can take it; the state says how far it came.",
            messages::send,
        )
        .harmless()
        .essential(),
        tool("inbox", "Read the messages that wait for you until you ask.", messages::inbox)
            .harmless(),
        tool("list_agents", "The agents of your project with their states.", agents::list).reads(),
        tool("tasks", "The tasks on the project's board, or one in full by task_id.", board::tasks)
            .reads(),
        tool("task_add", "Put a task on the board.", board::add).harmless(),
        tool(
            "task_step",
            "Claim, finish, fail, release or cancel a task. Refused, with the task as it is now, \
             if its version is another one by then.",
            board::step,
        )
        .harmless(),
    ]
}

/// For who may have others work for it in the background.
pub(super) fn delegating() -> Vec<Tool> {
    vec![
        tool(
            "spawn_subagent",
            "Have a task done in the background; returns at once. You are told when it has ended.",
            subagents::spawn,
        ),
        tool(
            "subagent_status",
            "How your subagents stand, or one; never their results.",
            subagents::status,
        )
        .reads(),
        tool("subagent_result", "A subagent's result, a page at a time.", subagents::result)
            .reads(),
        tool("cancel_subagent", "End a subagent.", subagents::cancel).harmless(),
    ]
}

/// For who conducts others.
pub(super) fn conducting() -> Vec<Tool> {
    vec![
        tool(
            "create_agent",
            "Start an agent on a task, in a new git worktree and branch. Returns when it runs, \
             not when it is done.",
            agents::create,
        )
        .essential(),
        tool(
            "wait_for_agent",
            "Wait until an agent rests (idle, done, ended, or it needs somebody). After \
             timed_out call again.",
            waits::one,
        )
        .reads()
        .essential(),
        tool("wait_for_any", "Wait until the first of several agents rests.", waits::any).reads(),
        tool(
            "get_agent",
            "One agent: state and why, branch, commits, last report, and its result a page at a \
             time.",
            agents::get,
        )
        .reads()
        .essential(),
        tool(
            "get_agent_activity",
            "What an agent did lately: its tool calls, newest last.",
            agents::activity,
        )
        .reads(),
        tool(
            "cancel_agent",
            "Stop what an agent does now; it lives on and waits for a message.",
            messages::cancel,
        )
        .harmless(),
        tool(
            "archive_agent",
            "End an agent and hide it from lists. Its branch, worktree and uncommitted work stay.",
            agents::archive,
        )
        .essential(),
        tool(
            "permissions",
            "What agents ask leave for; or answer one, where your project lets you.",
            permissions::permissions,
        ),
        tool("flow_run", "Start a flow (declared steps); returns its run_id at once.", flows::run),
        tool("flow_status", "How a flow's run stands; without run_id the latest.", flows::status)
            .reads(),
        tool(
            "flow_result",
            "What a flow's run, or a step, came to, a page at a time.",
            flows::result,
        )
        .reads(),
        tool(
            "workflow_run",
            "Start a workflow (a script that conducts agents); returns its run_id at once.",
            workflows::run,
        ),
        tool(
            "workflow_status",
            "How a workflow's run stands; without run_id the latest runs.",
            workflows::status,
        )
        .reads(),
        tool(
            "workflow_result",
            "What a finished run returned, a page at a time.",
            workflows::result,
        )
        .reads(),
    ]
}
