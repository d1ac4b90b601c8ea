//! Whatever comes through the pipe: it is a message, or an error, never a panic.
//! `cargo fuzz run protocol`
#![no_main]

use ao::script::{FromHost, ToHost, read_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    while let Ok(Some(_)) = read_line::<FromHost>(&mut input) {}
    let mut input = bytes;
    while let Ok(Some(_)) = read_line::<ToHost>(&mut input) {}
});
