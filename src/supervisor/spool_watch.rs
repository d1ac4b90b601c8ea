//! Notices what hooks keep while the supervisor is too slow for them: nobody else would tell it
//! before the agent's next hook, which may be hours away.

use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::sync::mpsc;

use crate::services::{World, hooks};

use super::SupervisorError;

/// Names of files in the spool's directory, each after a hook has closed it. A thread sleeps in the
/// kernel for them and ends when the directory has gone, or nobody listens.
pub fn watch(directory: &Path) -> Result<mpsc::UnboundedReceiver<String>, SupervisorError> {
    let failed = || SupervisorError::file(directory);
    let watch = inotify::init(CreateFlags::CLOEXEC).map_err(|errno| failed()(errno.into()))?;
    inotify::add_watch(&watch, directory, WatchFlags::CLOSE_WRITE)
        .map_err(|errno| failed()(errno.into()))?;
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("spool-watch".to_owned())
        .spawn(move || {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut events = inotify::Reader::new(&watch, &mut buffer);
            while let Ok(event) = events.next() {
                let name = event.file_name().and_then(|name| name.to_str().ok());
                let heard = name.is_none_or(|name| sender.send(name.to_owned()).is_ok());
                if !heard || event.events().contains(inotify::ReadFlags::IGNORED) {
                    return;
                }
            }
        })
        .map_err(failed())?;
    Ok(receiver)
}

/// Takes in each file that hooks have written to.
pub async fn take_in(world: Arc<World>, mut files: mpsc::UnboundedReceiver<String>) {
    while let Some(name) = files.recv().await {
        if let Err(error) = hooks::replay_file(&world, &name).await {
            tracing::warn!(file = name, %error, "failed to take in a hooks' spool");
        }
    }
}
