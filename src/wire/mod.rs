//! What crosses the supervisor's socket: requests, views, events, errors, version. Views are not
//! model types and not rows: their shape is a promise to scripts. Used by `supervisor`, `client`
//! and the faces.

pub mod clean;
pub mod error;
pub mod event;
pub mod flow;
pub mod hook;
pub mod message;
pub mod orchestrator;
pub mod permit;
pub mod project;
pub mod scratchpad;
pub mod session;
pub mod supervisor;
pub mod task;
pub mod time;
pub mod trace;
pub mod usage;
pub mod workflow;

/// Version of the contract. Sent by both sides in the header [`PROTOCOL_HEADER`]; raised when a
/// change would make an older side misunderstand a newer one.
pub const PROTOCOL: u32 = 1;

/// Header with the sender's [`PROTOCOL`], on every request and answer.
pub const PROTOCOL_HEADER: &str = "ao-protocol";
/// Header with the version of the sender's `ao`, for errors that name the older side.
pub const VERSION_HEADER: &str = "ao-version";
/// Header with the id of the request: chosen by the supervisor, in its log, the error and events.
pub const REQUEST_ID_HEADER: &str = "ao-request-id";
/// Header with the `AO_SESSION_ID` of the caller's environment: a claim, checked, never believed.
pub const SESSION_HEADER: &str = "ao-session";
/// Header with the `AO_SESSION_TOKEN` of the caller's environment.
pub const TOKEN_HEADER: &str = "ao-token";
/// Header with the caller's idempotency key.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// Largest request body in bytes: a message of 1 MiB in its longest JSON form, and room.
pub const MAX_BODY: usize = 8 * 1024 * 1024;
/// Largest artifact in bytes: results of any kind, from one step to the next.
pub const MAX_ARTIFACT: usize = 64 * 1024 * 1024;
