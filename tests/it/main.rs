//! Tests from outside: one binary, a file for each verb or part.

mod panes;
mod repaint;
mod workspace;
