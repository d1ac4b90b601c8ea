//! Every public item of `model` and `wire`, which others build upon, says what it is; every file
//! says what it is for.

use std::path::Path;

use super::sources::sources;

#[test]
fn public_items_of_model_and_wire_are_documented() {
    let mut missing = Vec::new();
    for source in sources() {
        if !["model", "wire"].contains(&source.module.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&source.path).unwrap();
        for (number, line) in undocumented(&text) {
            missing.push(format!("{}:{number}: {}", source.name(), line.trim()));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut missing = Vec::new();
    for source in sources() {
        let text = std::fs::read_to_string(&source.path).unwrap();
        if !text.starts_with("//! ") {
            missing.push(source.name());
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Public items without a doc comment, and variants and fields of public types without one. Tests
/// at the end of a file are nobody's business.
fn undocumented(text: &str) -> Vec<(usize, &str)> {
    let mut missing = Vec::new();
    let (mut documented, mut in_enum, mut in_attribute) = (false, false, false);
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim();
        if code == "#[cfg(test)]" {
            break;
        }
        if code.starts_with("///") {
            documented = true;
            continue;
        }
        // Attributes stand between the comment and the item, on several lines where they are long;
        // what a macro makes gets its words where it is called.
        in_attribute |= code.starts_with("#[");
        if in_attribute || code.contains('$') {
            in_attribute &= !code.ends_with(']');
            continue;
        }
        let public = code.starts_with("pub ") && !code.starts_with("pub use ");
        // A module that is only declared has its words in its own file.
        let declared = code.starts_with("pub mod ") && code.ends_with(';');
        let variant = in_enum
            && line.starts_with("    ")
            && !line.starts_with("     ")
            && code.starts_with(char::is_uppercase);
        if (public && !declared || variant) && !documented {
            missing.push((number, line));
        }
        if code.starts_with("pub enum ") {
            in_enum = true;
        } else if line.starts_with('}') {
            in_enum = false;
        }
        documented = false;
    }
    missing
}

#[test]
fn what_is_missing_would_be_found() {
    let text = "/// A.\npub struct A {\n    pub b: u8,\n}\n/// C.\n#[derive(Debug)]\npub enum C {\n    D,\n}\n";
    let numbers: Vec<usize> = undocumented(text).iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [3, 8]);
}

#[test]
fn documents_name_no_place_of_the_machine_they_were_written_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let Ok(text) = std::fs::read_to_string(root.join(name)) else { continue };
        // Where an absolute path can begin.
        for place in ["/root/", "/work/", "/home/"] {
            let begins = |before: char| format!("{before}{place}");
            let found = [' ', '`', '"', '(', '\n'].iter().any(|c| text.contains(&begins(*c)));
            assert!(!found, "{name} names {place}");
        }
    }
}
