//! Completions and manual pages are those of the command line as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn completions_and_manual_pages_are_up_to_date() {
    let made = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_ao"))
        .args(["generate", "all"])
        .arg(made.path())
        .status()
        .unwrap();
    assert!(status.success());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["completions", "man"] {
        let fresh = files(&made.path().join(folder));
        let committed = files(&root.join(folder));
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&fresh),
            names(&committed),
            "`cargo run -- generate all .` and see git status"
        );
        for (name, text) in fresh {
            assert!(
                text == committed[&name],
                "{folder}/{name} is out of date: `cargo run -- generate all .`"
            );
        }
    }
}

#[test]
fn every_visible_command_has_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = files(&root.join("man"));
    for command in ao::cli::command().get_subcommands().filter(|c| !c.is_hide_set()) {
        assert!(
            pages.contains_key(&format!("ao-{}.1", command.get_name())),
            "{}",
            command.get_name()
        );
    }
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect()
}
