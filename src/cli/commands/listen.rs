//! `ao listen`: what plugins of agents run to be told messages.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::client::Listener;

/// Print the messages for this session, as an agent's plugin reads them
///
/// Each is a line of JSON, `{"message": ID, "text": TEXT}`, to be given to the agent as a prompt. While
/// it runs nothing is typed into the terminal. It goes on over restarts of the supervisor.
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct ListenArgs {}

/// Prints until the reader goes, or the session's launch is over.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let variable = |name| context.environment.get(name).and_then(|value| value.to_str());
    let (Some(session), Some(generation)) = (variable("AO_SESSION_ID"), variable("AO_GENERATION"))
    else {
        let hint = "plugins of agents run it, inside their sessions";
        return Err(Failure::usage("nobody is to listen", "this is not inside a session", hint));
    };
    let mut listener = Listener::new(context.client_of_running()?, session, generation);
    loop {
        let line = listener.next().await?;
        context.out.line(&line)?;
        context.out.flush()?;
    }
}
