//! Where the supervisor is and who we say that we are.

use crate::config::{Environment, Paths};

/// The supervisor's address, and the claims that go with each request.
#[derive(Debug, Clone)]
pub struct Address {
    /// Directories and the socket.
    pub paths: Paths,
    /// `AO_SESSION_ID` of the environment: a claim that the supervisor checks.
    pub session: Option<String>,
    /// `AO_SESSION_TOKEN` of the environment.
    pub token: Option<String>,
}

impl Address {
    /// The address that an environment gives.
    #[must_use]
    pub fn new(paths: Paths, environment: &Environment) -> Self {
        let text = |name| environment.get(name).map(|v| v.to_string_lossy().into_owned());
        Self { paths, session: text("AO_SESSION_ID"), token: text("AO_SESSION_TOKEN") }
    }
}
