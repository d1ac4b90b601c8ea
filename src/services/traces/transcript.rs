//! Reads agents' transcripts as they grow: one task for all sessions, woken by hooks and by the
//! file system. What was read and how far is written in one transaction.

use std::collections::BTreeSet;
use std::io::ErrorKind::{InvalidInput, NotFound};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::agents::{Entry, TranscriptReader};
use crate::config::open_regular;
use crate::model::ids::SessionId;
use crate::model::trace::{Sighting, Source};
use crate::services::{ServiceError, World, lanes, sessions};
use crate::store::sessions::Session;
use crate::store::traces::{self, Teller};
use crate::store::usage::{self, Counted, Place};
use crate::store::{Change, Origin, StoreError};

use super::keep::Keeper;
use super::watches::Watches;

/// How long changes are gathered before they are read: an agent writes a message in several steps.
const GATHER: Duration = Duration::from_millis(100);
/// Bytes read at once. A line that is longer than this is left out.
const AT_ONCE: u64 = 4 * 1024 * 1024;

/// A session's transcript.
pub(super) type Key = (SessionId, PathBuf);

/// Transcripts that may have something new.
#[derive(Default)]
pub struct Transcripts {
    changed: Mutex<BTreeSet<Key>>,
    woken: Notify,
}

impl Transcripts {
    /// The session's transcript at `path` may have grown.
    pub fn changed(&self, session: &SessionId, path: PathBuf) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.insert((session.clone(), path));
        self.woken.notify_one();
    }

    fn take(&self) -> BTreeSet<Key> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps reading, for as long as the supervisor lives. Begins with what live sessions' agents wrote
/// while it was away.
pub async fn follow(world: Arc<World>) {
    if let Err(error) = catch_up(&world).await {
        tracing::warn!(%error, "failed to look for what transcripts say since");
    }
    let mut watches = Watches::new();
    loop {
        tokio::select! {
            () = world.transcripts.woken.notified() => {}
            changed = watches.changed() => for (session, path) in changed {
                world.transcripts.changed(&session, path);
            }
        }
        tokio::time::sleep(GATHER).await;
        for (id, path) in world.transcripts.take() {
            match read_all(&world, &id, &path).await {
                Ok(true) => watches.add(&id, &path),
                Ok(false) => watches.remove(&id, &path),
                Err(error) => {
                    tracing::warn!(session = %id, %error, "failed to read a transcript");
                }
            }
        }
    }
}

async fn catch_up(world: &World) -> Result<(), ServiceError> {
    let found = world
        .store
        .read(|db| {
            let mut found = Vec::new();
            for session in crate::store::sessions::alive(db)? {
                let paths = usage::of_session(db, session.id.as_str())?;
                found.extend(paths.into_iter().map(|path| (session.id.clone(), path)));
            }
            Ok(found)
        })
        .await?;
    for (session, path) in found {
        world.transcripts.changed(&session, PathBuf::from(path));
    }
    Ok(())
}

/// Reads to the end; returns whether more may come: the session lives.
async fn read_all(world: &Arc<World>, id: &SessionId, path: &Path) -> Result<bool, ServiceError> {
    let session = match sessions::load(world, id.as_str()).await {
        Ok(session) => session,
        Err(ServiceError::NotFound { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let reader = world.catalog().get(&session.agent).ok().and_then(TranscriptReader::of);
    let Some(reader) = reader.map(Arc::new) else { return Ok(false) };
    while read_piece(world, &session, path, &reader).await? {}
    Ok(!session.phase.is_over())
}

/// Reads one piece; returns whether there is another.
async fn read_piece(
    world: &Arc<World>,
    session: &Session,
    path: &Path,
    reader: &Arc<TranscriptReader>,
) -> Result<bool, ServiceError> {
    let (id, name) = (session.id.to_string(), path.display().to_string());
    let place = world.store.read(move |db| usage::place(db, &id, &name)).await?;
    let (shared, row, file) = (world.clone(), session.clone(), path.to_owned());
    let by = reader.clone();
    let read = tokio::task::spawn_blocking(move || {
        let piece = piece(&file, place)?;
        Ok::<_, ServiceError>(piece.map(|piece| digest(&shared, &row, piece, &by)))
    });
    let Some(told) = read.await.map_err(|_| lanes::CutOff)?? else { return Ok(false) };
    let (row, name) = (session.clone(), path.display().to_string());
    let origin = Origin { request_id: None, now: world.now() };
    let chat = reader.conversation(path, session.conversation.as_deref());
    let is_more = told.is_more;
    world
        .store
        .write(origin, move |change| {
            let teller = Teller::of(&row, chat.as_deref());
            write(change, &teller, &told)?;
            usage::set_place(change, row.id.as_str(), &name, &told.place)
        })
        .await?;
    Ok(is_more)
}

/// Whole lines of a transcript, from a place on.
struct Piece {
    lines: String,
    place: Place,
    is_more: bool,
}

/// The lines after `place`; nothing if there is no whole one yet. A file that has become shorter is
/// read from its begin: what is told again changes nothing.
fn piece(path: &Path, place: Place) -> Result<Option<Piece>, ServiceError> {
    let failed = |source| ServiceError::File { path: path.to_owned(), source };
    // The path is the agent's word.
    let mut file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), NotFound | InvalidInput) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let facts = file.metadata().map_err(failed)?;
    // Somebody else's file is no transcript of it.
    if facts.uid() != rustix::process::getuid().as_raw() {
        return Ok(None);
    }
    let from = if facts.len() < place.position { 0 } else { place.position };
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(AT_ONCE).read_to_end(&mut bytes).map_err(failed)?;
    let is_full = bytes.len() as u64 == AT_ONCE;
    let end = match bytes.iter().rposition(|b| *b == b'\n') {
        Some(last) => last + 1,
        None if is_full => bytes.len(),
        None => return Ok(None),
    };
    bytes.truncate(end);
    let place = Place { position: from + end as u64, ..place };
    let lines = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Some(Piece { lines, place, is_more: is_full }))
}

/// What a piece tells, ready for the store.
struct Told {
    facts: Vec<(Option<String>, Fact)>,
    place: Place,
    is_more: bool,
}

enum Fact {
    Call(Box<Sighting>),
    Chain { chain: String, call_id: String },
    Model(Counted),
}

fn digest(world: &World, session: &Session, piece: Piece, reader: &TranscriptReader) -> Told {
    let keeper = Keeper::of(world, session);
    let now = world.now();
    let (mut turn, mut asked) = (piece.place.turn_key, piece.place.model);
    let mut facts = Vec::new();
    for entry in piece.lines.lines().flat_map(|line| reader.entries(line)) {
        let fact = match entry {
            Entry::Turn(key) => {
                turn = Some(key);
                continue;
            }
            Entry::Asks(model) => {
                asked = Some(model);
                continue;
            }
            Entry::Tool(report) => {
                Fact::Call(Box::new(keeper.sighting(*report, Source::Transcript)))
            }
            Entry::Chain { chain, call_id } => Fact::Chain { chain, call_id },
            Entry::Model(report) => Fact::Model(Counted {
                message: reader.message_key(report.message, session.conversation.as_deref()),
                chain: report.chain,
                model: match report.model.is_empty() {
                    true => asked.clone().unwrap_or_default(),
                    false => report.model,
                },
                at: report.at.unwrap_or(now),
                tokens: report.tokens,
                exact: report.exact,
                source: Source::Transcript.as_str(),
            }),
        };
        facts.push((turn.clone(), fact));
    }
    let place = Place { position: piece.place.position, turn_key: turn, model: asked };
    Told { facts, place, is_more: piece.is_more }
}

fn write(change: &Change<'_>, teller: &Teller, told: &Told) -> Result<(), StoreError> {
    let session = teller.session.as_str();
    for (turn, fact) in &told.facts {
        match fact {
            Fact::Call(seen) => traces::see(change, teller, turn.as_deref(), (**seen).clone())?,
            Fact::Chain { chain, call_id } => {
                traces::adopt_chain(change, session, chain, call_id)?;
            }
            Fact::Model(call) => {
                usage::count(change, teller, turn.as_deref(), call)?;
                traces::set_tokens(change, session, &call.message, &call.tokens)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_read_and_each_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        assert!(piece(&path, Place::default()).unwrap().is_none());
        std::fs::write(&path, "one\ntw").unwrap();
        let first = piece(&path, Place::default()).unwrap().unwrap();
        assert_eq!((first.lines.as_str(), first.place.position), ("one\n", 4));
        assert!(piece(&path, first.place.clone()).unwrap().is_none());
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let second = piece(&path, first.place).unwrap().unwrap();
        assert_eq!((second.lines.as_str(), second.is_more), ("two\n", false));
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(piece(&path, second.place).unwrap().unwrap().lines, "new\n");
    }

    #[test]
    fn what_is_no_file_of_ours_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(piece(dir.path(), Place::default()).unwrap().is_none());
        assert!(piece(Path::new("/dev/zero"), Place::default()).unwrap().is_none());
    }
}
