//! Tests from outside: one binary, a file for each verb or part.

mod cli_errors;
mod cli_offline;
mod cli_support;
mod events;
mod host_deliver;
mod host_lab;
mod host_life;
mod host_view;
mod kill;
mod ls;
mod orchestrator;
mod panes;
mod ping_pong;
mod project;
mod repaint;
mod report;
mod reports;
mod screen;
mod send;
mod spawn;
mod start;
mod status;
mod stop;
mod support;
mod workspace;
