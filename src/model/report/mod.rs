//! Reports on their way to an orchestrator: when each is due, whether it still says how things
//! stand, and the text that several make together. Asked by `services/reports`.

mod digest;
mod fate;
mod windows;

pub use digest::{Digest, Told, compose};
pub use fate::{Outdated, Since, fate};
pub use windows::Windows;
