//! The scripted agent of the demonstration, a hidden role of the binary: a program in a terminal
//! that is given a role and a task, is pasted messages, speaks the neutral hooks, and carries out
//! the commands that it is told to. It knows nothing of ao but the `ao` command on its PATH.

mod carry_out;
mod hooks;
mod keys;
mod memory;
mod orders;
mod run;
mod terminal;

pub use run::run;
