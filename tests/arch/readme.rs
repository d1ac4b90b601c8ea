//! Every `ao` command line in the README and in the demo's script is one that ao understands.

use std::fs;
use std::path::Path;

#[test]
fn commands_of_the_readme_are_understood() {
    let readme = read("README.md");
    let commands: Vec<&str> = blocks(&readme).filter_map(command).collect();
    assert!(commands.len() >= 25, "{commands:?}");
    for line in commands {
        check("README.md", line);
    }
}

/// Commands that only stand in a sentence have to exist, at least by name.
#[test]
fn commands_in_sentences_exist() {
    let readme = read("README.md");
    let root = ao::cli::command();
    for quoted in readme.split('`').skip(1).step_by(2).filter(|text| text.starts_with("ao ")) {
        let name = quoted.split_whitespace().nth(1).unwrap();
        assert!(root.find_subcommand(name).is_some(), "README.md names `{quoted}`");
    }
}

#[test]
fn commands_of_the_demo_are_understood() {
    let mut found = 0;
    for file in ["message.md", "tasks/greeting.md", "tasks/farewell.md"] {
        let text = read(&format!("src/cli/demo/script/{file}"));
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("$ ")) {
            if line.starts_with("ao ") {
                check(file, line);
                found += 1;
            }
        }
    }
    assert!(found >= 8, "{found}");
}

#[test]
fn a_wrong_command_would_be_found() {
    for bad in ["ao spwan x", "ao send --nope x", "ao wait shop-1 --for never"] {
        assert!(std::panic::catch_unwind(|| check("test", bad)).is_err(), "{bad}");
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The lines of the blocks of shell commands.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        if let Some(language) = line.strip_prefix("```") {
            inside = language == "sh";
            return false;
        }
        inside
    })
}

/// The `ao` command of a line, also where cargo runs it, without the remark behind it.
fn command(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    if line.starts_with("ao ") {
        return Some(line);
    }
    // What cargo gives to ao.
    line.strip_prefix("cargo run --release -- ")
}

fn check(file: &str, line: &str) {
    let words = words(line);
    let named = words.first().is_some_and(|word| word == "ao");
    let words = if named { words } else { [vec!["ao".to_owned()], words].concat() };
    if let Err(error) = ao::cli::command().try_get_matches_from(&words) {
        panic!("{file} has `{line}`: {error}");
    }
}

/// Words as a shell splits them, as far as these lines need it: blanks and quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => words.push(String::new()),
            (c, _) => words.last_mut().expect("there is always a last word").push(c),
        }
    }
    assert!(quote.is_none(), "a quote is open in {line}");
    words.retain(|word| !word.is_empty());
    words
}
