//! Lets a person's terminal in.

use crate::model::rights::Verb;
use crate::model::session::Phase;
use crate::services::{Request, ServiceError, World};
use crate::wire::session::{Attach, AttachAnswer};

/// A ticket for the session host's door. Keys are for persons only; looking is for whoever may
/// read the output.
pub async fn attach(
    world: &World,
    request: &Request,
    id: &str,
    attach: Attach,
) -> Result<AttachAnswer, ServiceError> {
    let session = super::load(world, id).await?;
    let target = session.target();
    let verb = if attach.read_only { Verb::ReadOutput } else { Verb::Attach };
    request.allow(world, verb, target).await?;
    match &session.phase {
        Phase::Ended { reason } => {
            let reason = reason.to_string();
            return Err(ServiceError::Ended { id: id.to_owned(), reason });
        }
        Phase::Live | Phase::Ending { .. } => {}
        phase => return Err(ServiceError::NotLive { id: id.to_owned(), phase: phase.as_str() }),
    }
    let client = world.hosts.client(world, &session).await?;
    let ticket = client.ticket(attach.read_only).await?;
    Ok(AttachAnswer {
        socket: world.paths.host_socket(&session.id).display().to_string(),
        ticket: ticket.token,
    })
}
