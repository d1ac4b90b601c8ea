//! What an agent is given of a message: the text under its header, or where the text lies.

use std::path::PathBuf;

use crate::config::write_private;
use crate::model::message::{Sender, pointer, stamp};
use crate::services::{ServiceError, World};
use crate::store::messages::Message;
use crate::store::sessions::Session;

/// The text under its header, or a pointer to the file that holds it where it has more than
/// `inline_limit` characters.
pub(super) async fn typed_text(
    world: &World,
    session: &Session,
    message: &Message,
    inline_limit: usize,
) -> Result<String, ServiceError> {
    let sender = sender(message);
    if message.body.chars().count() <= inline_limit {
        return Ok(stamp(sender, &message.body));
    }
    let file = body_file(world, session, message);
    let (path, body) = (file.clone(), message.body.clone());
    tokio::task::spawn_blocking(move || {
        if let Some(dir) = path.parent() {
            crate::config::create_private_dir(dir)?;
        }
        write_private(&path, body.as_bytes())
    })
    .await
    .map_err(|_| crate::services::lanes::CutOff)??;
    Ok(stamp(sender, &pointer(&message.id, &file.display().to_string(), message.body.len())))
}

fn body_file(world: &World, session: &Session, message: &Message) -> PathBuf {
    let dir = world.paths.generation_dir(&session.id, session.generation);
    dir.join("messages").join(format!("{}.txt", message.id))
}

/// Who a message is from, as far as its header goes.
pub(super) fn sender(message: &Message) -> Sender<'_> {
    match message.sender.as_str() {
        "person" => Sender::Person,
        "ao" => Sender::Supervisor,
        id => Sender::Session(id),
    }
}
