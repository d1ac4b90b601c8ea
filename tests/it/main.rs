//! Tests from outside: one binary, a file for each verb or part.

mod cli_errors;
mod cli_offline;
mod cli_support;
mod host_deliver;
mod host_lab;
mod host_life;
mod host_view;
mod panes;
mod repaint;
mod workspace;
