//! Every operation of the contract with the types that go in and come out: a row for each, in the
//! words of the document. `tests/arch` compares the rows with the routes.

use super::operation::{Operation, delete, get, patch, post, put};
use crate::supervisor::routes;
use crate::wire;

/// All of them, by their nouns.
pub(super) fn operations() -> Vec<Operation> {
    [
        service(),
        projects(),
        sessions(),
        work_of_sessions(),
        messages(),
        board(),
        flows_and_permits(),
        workflows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn service() -> Vec<Operation> {
    vec![
        get("/openapi.json", "This document").any_answer(),
        get("/health", "Whether it takes requests").answer::<wire::supervisor::SupervisorView>(),
        get("/version", "Its version, for every version").answer::<wire::supervisor::VersionView>(),
        get("/status", "Everything at a glance").answer::<wire::supervisor::StatusView>(),
        post("/stop", "End the supervisor")
            .body::<wire::supervisor::Stop>()
            .answer::<wire::supervisor::StopAnswer>(),
        get("/zellij/{project}", "A project's zellij session")
            .answer::<wire::supervisor::ZellijView>(),
        get("/events", "The journal, listed or followed")
            .query::<wire::event::EventQuery>()
            .answer_or_events::<wire::event::EventList>(),
    ]
}

fn projects() -> Vec<Operation> {
    vec![
        get("/projects", "All projects").answer::<wire::project::ProjectList>(),
        post("/projects", "Register a repository")
            .body::<wire::project::AddProject>()
            .answer::<wire::project::ProjectAnswer>(),
        get("/projects/{id}", "One project").answer::<wire::project::ProjectAnswer>(),
        patch("/projects/{id}", "Change a project's settings")
            .body::<wire::project::SetProject>()
            .answer::<wire::project::ProjectAnswer>(),
        delete("/projects/{id}", "Forget a project").answer::<wire::project::ProjectAnswer>(),
        get("/projects/{id}/trust", "The project's own commands, and whether they are trusted")
            .answer::<wire::project::TrustAnswer>(),
        post("/projects/{id}/trust", "Trust the project's own commands, or no longer")
            .body::<wire::project::TrustProject>()
            .answer::<wire::project::TrustAnswer>(),
        post("/projects/{id}/restore-lost", "Start the project's lost sessions again")
            .body::<wire::project::RestoreLost>()
            .answer::<wire::project::RestoreLostAnswer>(),
    ]
}

fn sessions() -> Vec<Operation> {
    vec![
        get("/sessions", "Sessions")
            .query::<routes::sessions::ListQuery>()
            .answer::<wire::session::SessionList>(),
        post("/sessions", "Start a worker")
            .body::<wire::session::Spawn>()
            .answer::<wire::session::SpawnAnswer>(),
        get("/sessions/{id}", "Everything about one session")
            .answer::<wire::session::SessionDetail>(),
        get("/sessions/{id}/screen", "What its terminal shows")
            .query::<wire::session::ScreenQuery>()
            .answer::<wire::session::ScreenView>(),
        get("/sessions/{id}/logs", "Its recorded output")
            .query::<wire::session::LogsQuery>()
            .answer::<wire::session::LogsView>(),
        get("/sessions/{id}/wait", "Wait until it has come so far")
            .query::<wire::session::WaitQuery>()
            .answer::<wire::session::SessionAnswer>(),
        get("/sessions/{id}/result", "The result it reported")
            .answer::<wire::session::ResultView>(),
    ]
}

fn work_of_sessions() -> Vec<Operation> {
    vec![
        get("/sessions/{id}/messages", "Its messages")
            .query::<wire::message::ListQuery>()
            .answer::<wire::message::MessageList>(),
        post("/sessions/{id}/messages", "Send it a message")
            .body::<wire::message::Send>()
            .answer::<wire::message::MessageAnswer>(),
        post("/sessions/{id}/inbox", "Read the messages that wait until they are asked for")
            .answer::<wire::message::MessageList>(),
        post("/sessions/{id}/report", "Its agent speaks of itself")
            .body::<wire::session::Report>()
            .answer::<wire::session::ReportAnswer>(),
        get("/sessions/{id}/listen", "The agent's own stream of messages, a line of JSON each")
            .query::<wire::message::ListenQuery>()
            .answer::<wire::message::SideMessage>(),
        post("/sessions/{id}/hook", "Its agent's hook tells of an event")
            .body::<wire::hook::Hook>()
            .answer::<wire::hook::HookAnswer>(),
        post("/sessions/{id}/kill", "End it")
            .body::<wire::session::Kill>()
            .answer::<wire::session::SessionAnswer>(),
        post("/sessions/{id}/restore", "Start it again")
            .body::<wire::clean::Restore>()
            .answer::<wire::clean::RestoreAnswer>(),
        post("/sessions/{id}/clean", "Preserve its work and remove its worktree")
            .body::<wire::clean::Clean>()
            .answer::<wire::clean::CleanAnswer>(),
        post("/sessions/{id}/restore-work", "Bring its removed work back")
            .body::<wire::clean::RestoreWork>()
            .answer::<wire::clean::RestoreWorkAnswer>(),
        post("/sessions/{id}/attach", "A ticket for its terminal")
            .body::<wire::session::Attach>()
            .answer::<wire::session::AttachAnswer>(),
        get("/sessions/{id}/outcome", "What the one task of a headless session has come to")
            .answer::<wire::session::OutcomeView>(),
        get("/subagents", "Background subagents")
            .query::<wire::subagent::SubagentQuery>()
            .answer::<wire::subagent::SubagentList>(),
        post("/subagents", "Start a background subagent")
            .body::<wire::subagent::SpawnSubagent>()
            .answer::<wire::subagent::SubagentAnswer>(),
        get("/subagents/{id}", "How a subagent stands").answer::<wire::subagent::SubagentAnswer>(),
        get("/subagents/{id}/wait", "Wait until a subagent is over")
            .query::<wire::subagent::WaitQuery>()
            .answer::<wire::subagent::SubagentAnswer>(),
        get("/subagents/{id}/result", "A subagent's result, whole").bytes_answer(),
        post("/subagents/{id}/cancel", "End a subagent").answer::<wire::subagent::SubagentAnswer>(),
        get("/sessions/{id}/usage", "Tokens and costs by turn")
            .answer::<wire::usage::SessionUsage>(),
        get("/orchestrators", "Orchestrators")
            .query::<routes::orchestrators::ListQuery>()
            .answer::<wire::session::SessionList>(),
        post("/orchestrators", "Ensure a project's orchestrator, or launch it anew")
            .body::<wire::orchestrator::EnsureOrchestrator>()
            .answer::<wire::orchestrator::OrchestratorAnswer>(),
        post("/orchestrators/{project}/stop", "End a project's orchestrator")
            .body::<wire::session::Kill>()
            .answer::<wire::session::SessionAnswer>(),
    ]
}

fn messages() -> Vec<Operation> {
    vec![
        get("/messages", "Messages of all sessions")
            .query::<routes::messages::AllQuery>()
            .answer::<wire::message::MessageList>(),
        get("/messages/{id}", "One message with its text").answer::<wire::message::MessageAnswer>(),
        get("/messages/{id}/wait", "Wait until it is submitted or answered")
            .query::<wire::message::WaitQuery>()
            .answer::<wire::message::MessageAnswer>(),
        post("/messages/{id}/retry", "Send it again").answer::<wire::message::MessageAnswer>(),
        post("/messages/{id}/drop", "Take it back").answer::<wire::message::MessageAnswer>(),
        get("/usage", "Tokens and costs, summed up")
            .query::<wire::usage::UsageQuery>()
            .answer::<wire::usage::UsageList>(),
        get("/traces", "Tool calls")
            .query::<wire::trace::TraceQuery>()
            .answer::<wire::trace::TraceList>(),
        get("/traces/{id}", "One tool call, whole").answer::<wire::trace::TraceAnswer>(),
    ]
}

fn board() -> Vec<Operation> {
    vec![
        get("/tasks", "Tasks on the board")
            .query::<wire::task::TaskQuery>()
            .answer::<wire::task::TaskList>(),
        post("/tasks", "Put a task on the board")
            .body::<wire::task::AddTask>()
            .answer::<wire::task::TaskAnswer>(),
        get("/tasks/{id}", "A task with its history").answer::<wire::task::TaskDetail>(),
        patch("/tasks/{id}", "Change a task")
            .body::<wire::task::UpdateTask>()
            .answer::<wire::task::TaskAnswer>(),
        post("/tasks/{id}/claim", "Begin a task")
            .body::<wire::task::StepTask>()
            .answer::<wire::task::TaskAnswer>(),
        post("/tasks/{id}/done", "Finish a task")
            .body::<wire::task::StepTask>()
            .answer::<wire::task::TaskAnswer>(),
        post("/tasks/{id}/fail", "A task's attempt failed")
            .body::<wire::task::StepTask>()
            .answer::<wire::task::TaskAnswer>(),
        post("/tasks/{id}/release", "Give a task back")
            .body::<wire::task::StepTask>()
            .answer::<wire::task::TaskAnswer>(),
        post("/tasks/{id}/cancel", "Take a task off the board")
            .body::<wire::task::StepTask>()
            .answer::<wire::task::TaskAnswer>(),
        get("/tasks/{id}/result", "A task's result, whole").bytes_answer(),
        post("/artifacts", "Keep a body by its content")
            .bytes_body()
            .answer::<wire::task::ArtifactAnswer>(),
        get("/scratchpad", "Keys of the scratchpad")
            .query::<wire::scratchpad::ScratchQuery>()
            .answer::<wire::scratchpad::ScratchList>(),
        get("/scratchpad/{key}", "One value")
            .query::<wire::scratchpad::ScratchQuery>()
            .answer::<wire::scratchpad::ScratchAnswer>(),
        put("/scratchpad/{key}", "Write a value")
            .query::<wire::scratchpad::ScratchQuery>()
            .body::<wire::scratchpad::PutScratch>()
            .answer::<wire::scratchpad::ScratchAnswer>(),
        delete("/scratchpad/{key}", "Remove a value")
            .query::<wire::scratchpad::ScratchQuery>()
            .answer::<wire::scratchpad::ScratchAnswer>(),
    ]
}

fn flows_and_permits() -> Vec<Operation> {
    vec![
        get("/permits", "Permission requests of agents")
            .query::<wire::permit::PermitQuery>()
            .answer::<wire::permit::PermitList>(),
        post("/permits/{id}", "Answer a permission request")
            .body::<wire::permit::AnswerPermit>()
            .answer::<wire::permit::PermitAnswer>(),
        get("/permits/{id}/wait", "Wait for the answer")
            .query::<wire::permit::WaitQuery>()
            .answer::<wire::hook::HookAnswer>(),
        get("/flows", "Runs of flows")
            .query::<wire::flow::RunQuery>()
            .answer::<wire::flow::RunList>(),
        post("/flows", "Run a flow").body::<wire::flow::Launch>().answer::<wire::flow::RunAnswer>(),
        get("/flows/{id}", "How a run stands").answer::<wire::flow::RunAnswer>(),
        get("/flows/{id}/wait", "Wait until a run is over")
            .query::<wire::flow::WaitQuery>()
            .answer::<wire::flow::RunAnswer>(),
        get("/flows/{id}/result", "What a run or a step came to, whole")
            .query::<wire::flow::ResultQuery>()
            .bytes_answer(),
        post("/flows/{id}/approve", "Let a run pass its gate")
            .body::<wire::flow::Approve>()
            .answer::<wire::flow::RunAnswer>(),
        post("/flows/{id}/retry", "Do a failed step again")
            .body::<wire::flow::Retry>()
            .answer::<wire::flow::RunAnswer>(),
        post("/flows/{id}/resume", "Go on with a run")
            .body::<wire::flow::Resume>()
            .answer::<wire::flow::RunAnswer>(),
        post("/flows/{id}/cancel", "End a run").answer::<wire::flow::RunAnswer>(),
    ]
}

fn workflows() -> Vec<Operation> {
    vec![
        get("/workflows", "Runs")
            .query::<wire::workflow::RunQuery>()
            .answer::<wire::workflow::RunList>(),
        post("/workflows", "Run a workflow")
            .body::<wire::workflow::Launch>()
            .answer::<wire::workflow::RunAnswer>(),
        get("/workflows/scripts", "Scripts that can be run")
            .query::<routes::workflows::OfProject>()
            .answer::<wire::workflow::ScriptList>(),
        get("/workflows/scripts/{name}", "One script with its text")
            .query::<routes::workflows::OfProject>()
            .answer::<wire::workflow::ScriptView>(),
        get("/workflows/{id}", "How a run stands").answer::<wire::workflow::RunAnswer>(),
        get("/workflows/{id}/wait", "Wait until a run is over")
            .query::<wire::workflow::WaitQuery>()
            .answer::<wire::workflow::RunAnswer>(),
        get("/workflows/{id}/result", "What a run came to").answer::<wire::workflow::ResultView>(),
        get("/workflows/{id}/script", "The script of a run").answer::<wire::workflow::ScriptView>(),
        get("/workflows/{id}/logs", "The lines of a run").answer::<wire::workflow::LineList>(),
        post("/workflows/{id}/stop", "Stop a run or one agent of it")
            .body::<wire::workflow::Stop>()
            .answer::<wire::workflow::RunAnswer>(),
        post("/workflows/{id}/pause", "Pause a run").answer::<wire::workflow::RunAnswer>(),
        post("/workflows/{id}/resume", "Go on with a run").answer::<wire::workflow::RunAnswer>(),
    ]
}
