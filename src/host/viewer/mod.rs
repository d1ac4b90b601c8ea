//! The terminal's side of `ao attach`: what the host sends goes to the terminal, what is typed goes
//! to the host, until the person detaches or the session ends. However it ends, the terminal is
//! left as it was found.

mod detach;
mod terminal;
mod view;

pub use terminal::Terminal;
pub use view::{ViewEnd, view};
