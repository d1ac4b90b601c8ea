//! Large bodies, kept once however many hold on to them: a private file named by its SHA-256, a row
//! that knows its size, and a hold for each row that points to it. What nobody holds is removed by
//! [`sweep`] after a while. Used by traces, and by whatever else must keep more than a row takes.

mod files;
mod rows;

pub use files::{ArtifactFiles, LIMIT, Stored};
pub use rows::{hold, let_go, sweep};
