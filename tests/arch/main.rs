//! What the compiler does not check about the code as a whole: one binary, a file for each rule.

mod agents;
mod docs;
mod generated;
mod layers;
mod openapi;
mod prompts;
mod readme;
mod sources;
