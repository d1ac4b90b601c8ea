//! What may be typed into an agent, when, and as which bytes. Pure; `serve` carries it out.

mod body;
mod draft;
mod gate;
mod keys;
mod rules;

pub use body::{BodyError, Style};
pub use draft::Draft;
pub use gate::HeldWhy;
pub use rules::{ComposerRule, InjectRules, Pattern, Shown, read_screen};

pub(super) use body::{CANONICAL_LINE, PASTE_END, check, encode};
pub(super) use draft::DraftTracker;
pub(super) use gate::{Facts, may_enter, may_interrupt, may_paste};
pub(super) use keys::{Input, KeyReader};
pub(super) use rules::{Composer, composer, composer_text, dialog};
