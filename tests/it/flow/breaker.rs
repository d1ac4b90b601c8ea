//! I21 to I24: agents of a model that fails wait, and say so; others do not.

use serde_json::json;

use super::bed::{Bed, step};
use crate::support::eventually;

/// Five steps that fail, one after the other, each of them continued from.
fn failing(count: usize, model: &str) -> String {
    (0..count)
        .map(|n| {
            let before =
                if n == 0 { String::new() } else { format!("depends_on = [\"f{}\"]\n", n - 1) };
            step(
                &format!("f{n}"),
                &format!(
                    "{before}on_failure = \"continue\"\nmodel = \"{model}\"\nprompt = \"!fail 529\""
                ),
            )
        })
        .collect()
}

#[test]
fn i21_i24_after_five_failures_that_model_waits_and_another_runs() {
    let bed = Bed::new();
    let body = [
        "[args]\nnames = [\"a\", \"b\"]\n".to_owned(),
        failing(5, "x"),
        step("sixth", "depends_on = [\"f4\"]\nmodel = \"x\"\nprompt = \"sixth\""),
        step("other", "depends_on = [\"f4\"]\nmodel = \"y\"\nprompt = \"other\""),
        step(
            "each",
            "depends_on = [\"f4\"]\nmodel = \"x\"\nforeach = \"args.names\"\nprompt = \"{{item}}\"",
        ),
    ]
    .concat();
    let run = bed.detach(&body);
    bed.until(&run, "other", "done");
    let sixth = bed.until(&run, "sixth", "queued");
    let why = sixth["waits_for"].as_str().unwrap();
    assert!(why.starts_with("command with x: its model keeps failing; tried again at "), "{why}");
    assert_eq!(bed.ran().len(), 6, "the sixth of that model has not begun");
    // Of a step for each item, the items wait, and it is said which.
    let items = eventually(bed.sandbox.root(), "its items wait", || {
        let items = bed.step(&run, "each")["waiting_items"].clone();
        (items.as_array().unwrap().len() == 2).then_some(items)
    });
    assert_eq!((&items[1]["item"], &items[1]["waits_for"]), (&json!(1), &sixth["waits_for"]));
    let shown = bed.sandbox.ao(&["flow", "show", &run]).ok().out();
    assert!(shown.contains("waiting items: 0, 1: command with x"), "{shown}");
    assert_eq!(bed.sandbox.journal("breaker.opened").len(), 1);
    // It is known after a crash, too.
    bed.kill_supervisor();
    bed.until(&run, "sixth", "queued");
    assert_eq!(bed.ran().len(), 6);
    bed.tell(&["cancel", &run]);
}

/// I22: one missing login is enough; the run waits for a person, and the step's attempt is not lost.
#[test]
fn i22_a_missing_login_pauses_the_run() {
    let bed = Bed::new();
    let state = bed.sandbox.path("logged-in");
    // An agent that knows the caller once that file is there.
    let script = format!(
        "if [ -e {0} ]; then echo fine; else echo '{{\"event\":\"failed\",\"why\":\"401\",\"message\":\"log in first\"}}' > \"$AO_EVENTS\"; fi",
        state.display()
    );
    let file = bed.write(&step("a", "prompt = \"a\""));
    let run =
        ["--project", "shop", "flow", "run", file.to_str().unwrap(), "--", "sh", "-c", &script];
    let refused = bed.sandbox.ao(&run).fails_json(9);
    assert!(
        refused["reason"].as_str().unwrap().contains("command needs login: log in first"),
        "{refused}"
    );
    let runs = bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"].clone();
    let run = runs[0]["run_id"].as_str().unwrap().to_owned();
    assert_eq!(runs[0]["state"], "paused");
    std::fs::write(state, "").unwrap();
    bed.tell(&["resume", &run]);
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.result().as_str()), (0, Some("fine")), "{} {}", ran.json, ran.err);
    assert_eq!(bed.sandbox.journal("breaker.closed").len(), 1);
}

/// A usage limit with its end: the step waits for that, whatever attempts it has.
#[test]
fn a_usage_limit_makes_the_step_wait_for_its_end() {
    let bed = Bed::new();
    let state = bed.sandbox.path("once");
    let script = format!(
        "if [ -e {0} ]; then echo fine; else touch {0}; echo '{{\"event\":\"failed\",\"why\":\"usage_limit\",\"message\":\"try again in 2 seconds\"}}' > \"$AO_EVENTS\"; fi",
        state.display()
    );
    let file = bed.write(&step("a", "prompt = \"a\""));
    let run =
        ["--project", "shop", "flow", "run", file.to_str().unwrap(), "--", "sh", "-c", &script];
    let ran = bed.sandbox.ao(&run).json();
    assert_eq!(ran["result"], "fine", "{ran}");
    assert!(ran.to_string().contains("\"agents\":2"), "{ran}");
    let opened = bed.sandbox.journal("breaker.opened");
    assert_eq!(opened[0]["data"]["why"], "usage_limit", "{opened:?}");
}
