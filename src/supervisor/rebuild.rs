//! `ao doctor --rebuild`: looks whether the database is sound, and makes it anew where it is not, in
//! the place of the supervisor that does not start with it.

use crate::config::{Environment, Paths, create_private_dir};
use crate::services::rebuild::{self, Rebuilt};
use crate::store::{Store, StoreError, check_format};
use crate::wire::error::ApiError;

use super::boot::{control_key, refuse_inside_session};
use super::{SupervisorError, answer, lock};

/// Makes the database anew if it is damaged, with the data directory's lock held; nothing where it
/// is sound.
///
/// # Errors
/// When a supervisor runs, in a session, with a newer format, or when the disk fails. The damaged
/// file is where it was, or beside.
pub async fn rebuild(environment: &Environment) -> Result<Option<Rebuilt>, ApiError> {
    with_lock(environment).await.map_err(answer::rebuild)
}

async fn with_lock(environment: &Environment) -> Result<Option<Rebuilt>, SupervisorError> {
    refuse_inside_session()?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let paths = Paths::resolve(environment)?;
    create_private_dir(paths.data())?;
    let _lock = lock::take(&paths.lock_file(), paths.data(), None)?;
    match check_format(&paths.format_file()) {
        // The number is written anew with the database.
        Ok(()) | Err(StoreError::Damaged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if is_sound(&paths).await? {
        return Ok(None);
    }
    let key = control_key(&paths.control_key())?;
    let rebuilt = rebuild::rebuild(&paths, &key).await?;
    // Opened once, so that the next start finds it as it must be.
    let store = Store::open(&paths.database(), &paths.format_file())?;
    store.close().await;
    Ok(Some(rebuilt))
}

async fn is_sound(paths: &Paths) -> Result<bool, SupervisorError> {
    if !paths.database().exists() && !paths.format_file().exists() {
        // Nothing has been here yet.
        return Ok(true);
    }
    let store = match Store::open(&paths.database(), &paths.format_file()) {
        Ok(store) => store,
        Err(StoreError::Damaged { .. } | StoreError::Value { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let known = store.read(|db| crate::store::sessions::list(db, None, true)).await?;
    store.close().await;
    Ok(rebuild::lacking(paths, &known).is_empty())
}
