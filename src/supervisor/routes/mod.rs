//! The contract's paths. Each handler takes a request apart, calls one service and answers.

mod artifacts;
mod context;
mod events;
mod flows;
mod listen;
mod messages;
mod openapi;
mod orchestrators;
mod permits;
mod projects;
mod scratchpad;
mod sessions;
mod subagents;
mod supervisor;
mod tasks;
mod traces;
mod usage;
mod workflows;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::sync::watch;

use crate::services::World;
use crate::wire::{MAX_ARTIFACT, MAX_BODY};

pub use openapi::document as openapi_document;

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    world: Arc<World>,
    stop: Arc<watch::Sender<bool>>,
}

/// All routes under `/api/v1`.
pub fn router(world: Arc<World>, stop: Arc<watch::Sender<bool>>) -> Router {
    let app = App { world, stop };
    let api = Router::new()
        .route("/openapi.json", get(openapi::show))
        .route("/health", get(supervisor::health))
        .route("/version", get(supervisor::version))
        .route("/status", get(supervisor::status))
        .route("/stop", post(supervisor::stop))
        .route("/zellij/{project}", get(supervisor::zellij))
        .route("/events", get(events::events))
        .route("/projects", get(projects::list).post(projects::add))
        .route("/projects/{id}", get(projects::find).patch(projects::set).delete(projects::remove))
        .route("/projects/{id}/trust", get(projects::trust).post(projects::set_trust))
        .route("/projects/{id}/restore-lost", post(projects::restore_lost))
        .route("/sessions", get(sessions::list).post(sessions::spawn))
        .route("/sessions/{id}", get(sessions::find))
        .route("/sessions/{id}/screen", get(sessions::screen))
        .route("/sessions/{id}/logs", get(sessions::logs))
        .route("/sessions/{id}/wait", get(sessions::wait))
        .route("/sessions/{id}/result", get(sessions::result))
        .route("/sessions/{id}/outcome", get(sessions::outcome))
        .route("/sessions/{id}/messages", get(messages::list).post(messages::send))
        .route("/sessions/{id}/inbox", post(messages::inbox))
        .route("/sessions/{id}/report", post(sessions::report))
        .route("/sessions/{id}/hook", post(sessions::hook))
        .route("/sessions/{id}/listen", get(listen::listen))
        .route("/sessions/{id}/kill", post(sessions::kill))
        .route("/sessions/{id}/restore", post(sessions::restore))
        .route("/sessions/{id}/clean", post(sessions::clean))
        .route("/sessions/{id}/restore-work", post(sessions::restore_work))
        .route("/sessions/{id}/attach", post(sessions::attach))
        .route("/permits", get(permits::list))
        .route("/permits/{id}", post(permits::decide))
        .route("/permits/{id}/wait", get(permits::wait))
        .route("/orchestrators", get(orchestrators::list).post(orchestrators::ensure))
        .route("/orchestrators/{project}/stop", post(orchestrators::stop))
        .route("/messages", get(messages::list_all))
        .route("/messages/{id}", get(messages::find))
        .route("/messages/{id}/wait", get(messages::wait))
        .route("/messages/{id}/retry", post(messages::retry))
        .route("/messages/{id}/drop", post(messages::drop))
        .route("/usage", get(usage::list))
        .route("/sessions/{id}/usage", get(usage::of_session))
        .route("/tasks", get(tasks::list).post(tasks::add))
        .route("/tasks/{id}", get(tasks::find).patch(tasks::update))
        .route("/tasks/{id}/claim", post(tasks::claim))
        .route("/tasks/{id}/done", post(tasks::done))
        .route("/tasks/{id}/fail", post(tasks::fail))
        .route("/tasks/{id}/release", post(tasks::release))
        .route("/tasks/{id}/cancel", post(tasks::cancel))
        .route("/tasks/{id}/result", get(tasks::result))
        .route("/subagents", get(subagents::list).post(subagents::spawn))
        .route("/subagents/{id}", get(subagents::find))
        .route("/subagents/{id}/wait", get(subagents::wait))
        .route("/subagents/{id}/result", get(subagents::result))
        .route("/subagents/{id}/cancel", post(subagents::cancel))
        .route("/artifacts", post(artifacts::put).layer(DefaultBodyLimit::max(MAX_ARTIFACT)))
        .route("/scratchpad", get(scratchpad::list))
        .route(
            "/scratchpad/{key}",
            get(scratchpad::get).put(scratchpad::put).delete(scratchpad::remove),
        )
        .route("/flows", get(flows::list).post(flows::launch))
        .route("/flows/{id}", get(flows::show))
        .route("/flows/{id}/wait", get(flows::wait))
        .route("/flows/{id}/result", get(flows::result))
        .route("/flows/{id}/approve", post(flows::approve))
        .route("/flows/{id}/retry", post(flows::retry))
        .route("/flows/{id}/resume", post(flows::resume))
        .route("/flows/{id}/cancel", post(flows::cancel))
        .route("/traces", get(traces::list))
        .route("/traces/{id}", get(traces::find))
        .route("/workflows", get(workflows::list).post(workflows::launch))
        .route("/workflows/scripts", get(workflows::scripts))
        .route("/workflows/scripts/{name}", get(workflows::script))
        .route("/workflows/{id}", get(workflows::status))
        .route("/workflows/{id}/wait", get(workflows::wait))
        .route("/workflows/{id}/result", get(workflows::result))
        .route("/workflows/{id}/script", get(workflows::script_of))
        .route("/workflows/{id}/logs", get(workflows::logs))
        .route("/workflows/{id}/stop", post(workflows::stop))
        .route("/workflows/{id}/pause", post(workflows::pause))
        .route("/workflows/{id}/resume", post(workflows::resume))
        .fallback(context::no_such_path)
        .method_not_allowed_fallback(context::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(axum::middleware::from_fn_with_state(app.clone(), context::identify))
        .with_state(app);
    Router::new().nest("/api/v1", api).fallback(context::no_such_path)
}
