//! Every `ao` command that a prompt names exists, with every option as it is written there.

use ao::services::prompts::{OrchestratorFacts, WorkerFacts, orchestrator, worker};

#[test]
fn commands_in_prompts_are_those_of_the_command_line() {
    let orchestrator = orchestrator(&OrchestratorFacts {
        session: "shop-orchestrator".into(),
        project: "shop".into(),
        prefix: "shop".into(),
        repository: "/r/shop".into(),
        default_branch: "main".into(),
        worktree: "/w".into(),
        branch: "orchestrator/shop-orchestrator".into(),
        rules: None,
    });
    let worker = worker(&WorkerFacts {
        session: "shop-1".into(),
        project: "shop".into(),
        orchestrator: Some("shop-orchestrator".into()),
        repository: "/r/shop".into(),
        default_branch: "main".into(),
        worktree: "/w".into(),
        branch: "worker/shop-1".into(),
        ..WorkerFacts::default()
    });
    for (role, text) in [("orchestrator", orchestrator.unwrap()), ("worker", worker.unwrap())] {
        let commands = commands(&text);
        assert!(commands.len() >= 6, "{role}: {commands:?}");
        for command in commands {
            check(role, &command);
        }
    }
}

/// A whole line of an example must parse; a command that is only named must exist.
fn check(role: &str, command: &str) {
    let words = words(command);
    let error = match ao::cli::command().try_get_matches_from(&words) {
        Ok(_) => return,
        Err(error) => error,
    };
    use clap::error::ErrorKind;
    let only_named = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    assert!(only_named, "the {role}'s prompt has `{command}`: {error}");
}

/// What stands between backticks and begins with `ao `, placeholders aside.
fn commands(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let commands = quoted.filter(|quoted| quoted.starts_with("ao ") && !quoted.contains("COMMAND"));
    commands.map(str::to_owned).collect()
}

/// Words as a shell splits them, as far as prompts need it: blanks and double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "a quote is open in {command}");
    words
}

#[test]
fn a_command_that_is_gone_would_be_found() {
    for bad in ["ao spwan x", "ao send --nope x", "ao wait shop-1 --for never"] {
        assert!(std::panic::catch_unwind(|| check("test", bad)).is_err(), "{bad}");
    }
}
