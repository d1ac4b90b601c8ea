//! The binary: which role am I?

fn main() {}
