//! The laws of `model`, driven on a machine that is not there: a clock, hosts, agents, worktrees
//! and panes that are plain data, and a supervisor that dies wherever it likes. Whatever happens
//! in whichever order, what must stay true stays true.

mod commands;
mod invariants;
mod machine;
mod mail;
mod outside;
mod records;
mod runs;
mod saga;
mod tape;
