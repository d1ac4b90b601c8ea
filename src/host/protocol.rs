//! What is said on a host's socket, apart from raw terminal bytes. Fields and variants may be
//! added; neither side minds fields that it does not know.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::{Generation, MessageId, SessionId, Timestamp};
use crate::model::message::StopKey;
use crate::process::ProcessId;

use super::exit::Exit;
use super::inject::{Draft, HeldWhy, InjectRules};
use super::screen::{Modes, Size, Snapshot};

/// The protocol's version; both sides must have the same.
pub const PROTOCOL: u32 = 1;

/// The client's first frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientHello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The program's version, for messages about a mismatch.
    pub version: String,
    /// What it came for.
    pub purpose: Purpose,
}

/// What a connection is for, from its first frame to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Calls, for the supervisor.
    Control {
        /// What is in the key file.
        key: String,
    },
    /// A viewer's terminal.
    Attach(Attach),
}

/// How a viewer wants to see the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attach {
    /// By what right.
    pub admission: Admission,
    /// The viewer's size.
    pub size: Size,
    /// It sends no keys and sets no size.
    #[serde(default)]
    pub read_only: bool,
    /// It runs in a pane that may be open with nobody looking: its size counts only when a person
    /// is known to be there.
    #[serde(default)]
    pub pane: bool,
}

/// By what right a viewer attaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// A ticket that the supervisor got from the host: once, within 30 seconds.
    Ticket(String),
    /// The caller runs in no session (with the supervisor away).
    OutsideEverySession,
}

/// The host's first frame, to whom it lets in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The program's version.
    pub version: String,
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Whose terminal this is.
    pub session: SessionId,
    /// Which launch of it.
    pub generation: Generation,
    /// The host itself.
    pub host: ProcessId,
    /// The agent it started.
    pub agent: ProcessId,
    /// When.
    pub started_at: Timestamp,
    /// The terminal's size.
    pub size: Size,
    /// How many viewers are attached.
    pub viewers: u32,
    /// How the agent ended, once it has.
    pub exited: Option<Exit>,
}

/// Why the host says no, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Another user.
    NotYours,
    /// The key is not the one in the key file, or that cannot be read.
    WrongKey,
    /// The caller runs inside a session.
    InsideSession,
    /// Who the caller is could not be found out.
    Unverified,
    /// The ticket is unknown, used, or too old.
    WrongTicket,
    /// Another version of the protocol.
    Incompatible,
    /// Too many connections or deliveries at once.
    Busy,
    /// Not understood.
    Malformed,
    /// The message's id was used with another body.
    Conflict,
    /// The body holds what is never typed.
    BadBody,
    /// The call failed in the host.
    Failed,
    /// A code that this version does not know.
    #[serde(other)]
    Unknown,
}

impl RefusalCode {
    /// Whether it is about who the caller is, and not about what it said.
    #[must_use]
    pub fn is_denial(self) -> bool {
        matches!(
            self,
            Self::NotYours
                | Self::WrongKey
                | Self::InsideSession
                | Self::Unverified
                | Self::WrongTicket
        )
    }
}

/// Somebody who was not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its user.
    pub uid: u32,
    /// Its process, if that was still there.
    pub process: Option<ProcessId>,
    /// `control`, `attach`, or `connect` where it did not get so far as to say.
    pub verb: String,
    /// Why not.
    pub reason: String,
}

/// A no, with its reason in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A call with the number that its answer will have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub req: u64,
    pub call: Call,
}

/// What a control connection can ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Call {
    Hello,
    Snapshot { ansi: bool, scrollback: usize },
    Deliver(Delivery),
    Interrupt(Interruption),
    InputState,
    Signal { signal: i32 },
    Kill { grace_ms: u64 },
    Ticket { read_only: bool },
    Watch,
}

/// The answer to a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Reply {
    pub req: u64,
    pub result: Result<Answer, Refusal>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Hello(Box<Hello>),
    Snapshot(Box<Snapshot>),
    Delivered(Delivered),
    Interrupted(Interrupted),
    InputState(InputState),
    Signalled { processes: usize },
    Killed(Killed),
    Ticket(Ticket),
    Watching,
}

/// A message to type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// A repeat of the same id is answered and not typed again.
    pub id: MessageId,
    /// The text, cleaned; control characters other than newline and tab are refused.
    pub body: String,
    /// Whether Enter is pressed after it.
    pub submit: bool,
    /// Between the text and Enter.
    #[serde(default = "settle_ms")]
    pub settle_ms: u64,
    /// When it may be typed.
    #[serde(default)]
    pub rules: InjectRules,
}

fn settle_ms() -> u64 {
    300
}

/// What became of a delivery. None of these says that the agent acted on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// The terminal has taken the text, and Enter where asked for.
    Written {
        /// When.
        at: Timestamp,
        /// It was so before this call.
        repeat: bool,
    },
    /// The text is in; Enter was withheld.
    Pasted {
        /// Why.
        why: HeldWhy,
    },
    /// Nothing was typed; try again later.
    Held {
        /// Why.
        why: HeldWhy,
    },
    /// Part of it may be in. It is never typed again.
    Uncertain,
}

/// A turn to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interruption {
    /// The keys that stop it.
    pub keys: Vec<StopKey>,
    /// The keys that empty the composer, where the agent puts its old prompt back into it.
    #[serde(default)]
    pub empties: Vec<StopKey>,
    /// When they may be pressed, and what shows that the agent works.
    #[serde(default)]
    pub rules: InjectRules,
}

/// What became of an interruption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interrupted {
    /// The turn was stopped.
    Stopped {
        /// The screen shows the agent waiting for its next prompt.
        idle: bool,
    },
    /// The screen shows no work. Nothing was pressed.
    NotAtWork,
    /// The keys were pressed, and the screen still shows work.
    WorksOn,
    /// Nothing was pressed; try again later.
    Held {
        /// Why.
        why: HeldWhy,
    },
}

/// What is known about who types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputState {
    /// Milliseconds since a person pressed a key; `None` if nobody did.
    pub last_human_key_ms_ago: Option<u64>,
    /// Whether unsent text may be in the composer.
    pub draft: Draft,
    /// The agent is the terminal's foreground process group.
    pub foreground: bool,
    /// The terminal's foreground process group.
    pub foreground_pgrp: Option<i32>,
    /// The program has asked for bracketed paste.
    pub bracketed_paste: bool,
    /// How many viewers are attached.
    pub viewers: u32,
}

/// What a kill did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Killed {
    /// The processes that were ended, the agent among them.
    pub ended: Vec<ProcessId>,
    /// What could not be ended. Empty means that the tree was seen empty.
    pub left: Vec<ProcessId>,
    /// How the agent ended, if it has.
    pub exit: Option<Exit>,
}

/// Lets one viewer attach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The secret.
    pub token: String,
    /// It is good for so long.
    pub valid_ms: u64,
}

/// What a watcher is told. A watcher that does not read for long is disconnected rather than told
/// only half.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostEvent {
    /// The agent has ended, and its tree was ended too. The last event.
    Exited(Exit),
    /// The terminal has another size.
    Resized(Size),
    /// The program set its title.
    Title(String),
    /// The bell rang; at most once a second.
    Bell,
    /// No output for two seconds.
    OutputQuiet,
    /// Output after quiet.
    OutputResumed,
    /// The program changed the terminal's modes.
    Modes(Modes),
    /// A person pressed a key; at most once a second.
    HumanInput,
    /// So many viewers are attached.
    Viewers(u32),
    /// Somebody wanted in who may not.
    Refused(Refused),
    /// An event that this version does not know.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_words_are_understood_as_unknown() {
        let event: HostEvent = serde_json::from_str("\"warp\"").unwrap();
        assert_eq!(event, HostEvent::Unknown);
        let refusal: Refusal =
            serde_json::from_str(r#"{"code":"newer","message":"no","more":1}"#).unwrap();
        assert_eq!(refusal.code, RefusalCode::Unknown);
    }

    #[test]
    fn a_delivery_has_defaults() {
        let delivery: Delivery =
            serde_json::from_str(r#"{"id":"m-abcdef","body":"x","submit":true}"#).unwrap();
        assert_eq!(delivery.settle_ms, 300);
        assert_eq!(delivery.rules.human_quiet_ms, 2000);
    }
}
