//! Everything that needs real processes, in one binary: a file per part or verb.

mod panes;
