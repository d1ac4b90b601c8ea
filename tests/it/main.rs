//! Everything that needs real processes, in one binary: a file per part or verb.

mod cli_errors;
mod cli_offline;
mod cli_support;
mod panes;
mod repaint;
mod workspace;
