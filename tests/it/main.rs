//! Everything that needs real processes, in one binary: a file per part or verb.

mod panes;
//! Tests from outside: one binary, a file for each verb or part.

mod workspace;
