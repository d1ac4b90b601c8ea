//! Tests from outside: one binary, a file for each verb or part.

mod repaint;
mod workspace;
