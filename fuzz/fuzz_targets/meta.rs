//! Whatever a file holds: it is read and looked through without a panic, and its body keeps its
//! length. `cargo fuzz run meta`
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(source) = ao::script::read_meta("x.js", text) {
        assert_eq!(source.body.chars().count(), text.chars().count());
    }
    let _ = ao::script::check("x.js", text, false);
});
