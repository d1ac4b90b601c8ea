//! What a person does with a run: gates, retries, cancelling, budgets; and what is refused.

use serde_json::{Value, json};

use super::bed::{Bed, step};
use crate::support::Terminal;

fn gated() -> String {
    [
        step("a", "prompt = \"a\""),
        step(
            "gate",
            "kind = \"gate\"\ndepends_on = [\"a\"]\nprompt = \"Ship {{steps.a.result}}?\"",
        ),
        step("b", "depends_on = [\"gate\"]\nprompt = \"b: {{steps.gate.result}}\""),
    ]
    .concat()
}

/// G17: a gate waits for a person, whose word is its result.
#[test]
fn g17_a_gate_waits_for_a_person() {
    let bed = Bed::new();
    let run = bed.detach(&gated());
    let gate = bed.until(&run, "gate", "waiting_gate");
    assert_eq!(gate["note"], "Ship R(a)?");
    assert_eq!(bed.show(&run)["state"], "waiting_gate");
    // It has no result yet, and says what it waits for.
    let early = bed.sandbox.ao(&["flow", "result", &run]).fails_json(3);
    assert!(early["reason"].as_str().unwrap().contains("waiting gate"), "{early}");
    // Also across a crash.
    bed.kill_supervisor();
    bed.tell(&["approve", &run, "--note", "go"]);
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.result()), (0, &json!("R(b: go)")), "{} {}", ran.json, ran.err);
    // What is past cannot be approved again.
    bed.sandbox.ao(&["flow", "approve", &run, "gate"]).fails(5);
    bed.sandbox.ao(&["flow", "approve", &run]).fails(3);
}

#[test]
fn g17_a_gate_that_is_rejected_cancels_what_depends_on_it() {
    let bed = Bed::new();
    let run = bed.detach(&gated());
    bed.until(&run, "gate", "waiting_gate");
    bed.tell(&["approve", &run, "gate", "--reject", "--note", "no"]);
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.state_of("b")), (3, "cancelled"), "{} {}", ran.json, ran.err);
    assert_eq!(ran.json["state"], "cancelled");
    assert_eq!(bed.ran(), ["a"]);
}

/// G18: a step and all behind it are done again; what is before it is not.
#[test]
fn g18_a_retry_keeps_what_is_before_it() {
    let bed = Bed::new();
    let run = bed.detach(
        &[
            step("a", "prompt = \"a\""),
            step("b", "depends_on = [\"a\"]\nprompt = \"!once b\""),
            step("c", "depends_on = [\"b\"]\nprompt = \"c {{steps.b.result}}\""),
        ]
        .concat(),
    );
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.state_of("c")), (1, "blocked"), "{}", ran.json);
    assert!(ran.err.contains(&format!("ao flow retry {run} b")), "{}", ran.err);
    bed.tell(&["retry", &run, "b"]);
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.result()), (0, &json!("R(c R(b))")), "{} {}", ran.json, ran.err);
    assert_eq!(bed.ran(), ["a", "!once b", "!once b", "c R(b)"]);
    bed.sandbox.ao(&["flow", "retry", &run, "ghost"]).fails(3);
}

#[test]
fn a_run_is_cancelled_with_everything_that_works_for_it() {
    let bed = Bed::new();
    let run = bed.detach(
        &[step("a", "prompt = \"!hang\""), step("b", "depends_on = [\"a\"]\nprompt = \"b\"")]
            .concat(),
    );
    bed.until_ran(1);
    assert_eq!(bed.tell(&["cancel", &run])["state"], "cancelled");
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.state_of("a"), ran.state_of("b")), (3, "cancelled", "cancelled"));
    let refused = bed.sandbox.ao(&["flow", "cancel", &run]).fails_json(3);
    assert!(refused["hint"].as_str().unwrap().contains("ao flow retry"), "{refused}");
    let runs = bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"].clone();
    assert_eq!((&runs[0]["run_id"], &runs[0]["state"]), (&json!(run), &json!("cancelled")));
}

/// No further agent once the budget is used up: the run waits for a person, who may raise it.
#[test]
fn a_budget_that_is_used_up_pauses_the_run() {
    let bed = Bed::new();
    let steps: String = (0..4)
        .map(|n| {
            let before =
                if n == 0 { String::new() } else { format!("depends_on = [\"s{}\"]\n", n - 1) };
            step(&format!("s{n}"), &format!("{before}prompt = \"!tok 100 x\""))
        })
        .collect();
    let ran = bed.run(&format!("[budget]\ntokens = 200\n{steps}"));
    assert_eq!(ran.code, 4, "{} {}", ran.json, ran.err);
    assert!(ran.err.contains("200 of 200 tokens"), "{}", ran.err);
    assert_eq!(bed.ran().len(), 2);
    let runs = bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"].clone();
    let run = runs[0]["run_id"].as_str().unwrap().to_owned();
    assert_eq!(runs[0]["state"], "paused");
    // Not more of it as long as nobody raises it.
    let refused = bed.sandbox.ao(&["flow", "resume", &run]).fails_json(4);
    assert_eq!(refused["code"], "limit");
    assert_eq!(refused["hint"], format!("raise it: ao flow resume {run} --tokens N"));
    bed.tell(&["resume", &run, "--tokens", "1000"]);
    assert_eq!(bed.result(&run).code, 0);
    assert_eq!(bed.ran().len(), 4);
    // In money, by the price of the model that each step names.
    let steps = steps.replace("prompt", "model = \"m\"\nprompt");
    let body = format!("[budget]\nmoney = 1.5\n{steps}");
    let ran = bed.run(&body);
    assert!(ran.code == 2 && ran.err.contains("prices.toml"), "{}", ran.err);
    let prices = "[[price]]\nmodel = \"m\"\ninput = 1\noutput = 10000\n";
    std::fs::write(bed.sandbox.config().join("prices.toml"), prices).unwrap();
    let ran = bed.run(&body);
    assert!(ran.code == 4 && ran.err.contains("2.00 of 1.50"), "{} {}", ran.json, ran.err);
}

#[test]
fn agents_and_time_are_budgets_too() {
    let bed = Bed::new();
    let two =
        [step("a", "prompt = \"a\""), step("b", "depends_on = [\"a\"]\nprompt = \"b\"")].concat();
    let ran = bed.run(&format!("[budget]\nagents = 1\n{two}"));
    assert_eq!(ran.code, 4, "{} {}", ran.json, ran.err);
    assert!(ran.err.contains("1 of 1 agents"), "{}", ran.err);
    assert!(ran.err.contains(" --agents N") && !ran.err.contains("--tokens"), "{}", ran.err);
    // What is under way when the time is over is ended, and does not count as a failure.
    let ran = bed.run(&format!("[budget]\nwall_s = 1\n{}", step("a", "prompt = \"!hang\"")));
    assert_eq!(ran.code, 4, "{} {}", ran.json, ran.err);
    let runs = bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"].clone();
    let run = runs[0]["run_id"].as_str().unwrap();
    assert!(ran.err.contains(&format!("ao flow resume {run} --wall-s N")), "{}", ran.err);
    let refused = bed.sandbox.ao(&["flow", "resume", run]).fails_json(4);
    assert_eq!(refused["hint"], format!("raise it: ao flow resume {run} --wall-s N"));
    let view = bed.until(run, "a", "pending");
    assert_eq!(view["error"], Value::Null, "{view}");
}

/// Whoever gives a run more time finds the step that its end has cut off done again, however soon.
#[test]
fn more_time_may_come_while_the_end_of_it_is_being_told() {
    let bed = Bed::new();
    let slow = step("a", "prompt = \"!sleep 3000 one\"");
    let ran = bed.run(&format!("[budget]\nwall_s = 1\n{slow}"));
    assert_eq!(ran.code, 4, "{} {}", ran.json, ran.err);
    let runs = bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"].clone();
    let run = runs[0]["run_id"].as_str().unwrap().to_owned();
    bed.tell(&["resume", &run, "--wall-s", "600"]);
    let ended = bed.result(&run);
    assert_eq!(ended.code, 0, "{} {}", ended.json, ended.err);
}

/// A burst does not pass a budget that is checked only when it is issued.
#[test]
fn a_burst_does_not_pass_the_budget() {
    let bed = Bed::new();
    let steps: String =
        (0..12).map(|n| step(&format!("s{n}"), "prompt = \"!sleep 50 x\"")).collect();
    let ran = bed.run(&format!("concurrency = 6\n[budget]\nagents = 5\n{steps}"));
    assert_eq!(ran.code, 4, "{} {}", ran.json, ran.err);
    let runs = bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"].clone();
    let run = runs[0]["run_id"].as_str().unwrap().to_owned();
    bed.tell(&["resume", &run, "--agents", "12"]);
    assert_eq!(bed.result(&run).code, 0);
    assert_eq!(bed.show(&run)["budget"]["agents"], 12);
    assert_eq!(bed.ran().len(), 12);
}

#[test]
fn what_cannot_be_run_is_refused_before_there_is_a_run() {
    let bed = Bed::new();
    let refused = bed.command(&step("a", "prompt = \"{{args.x}}\""), &[]).fails_json(2);
    assert!(refused["reason"].as_str().unwrap().contains("no argument \"x\""), "{refused}");
    bed.command(&step("a", "prompt = \"a\""), &["--arg", "x=1"]).fails(2);
    // No agent behind --.
    let file = bed.write(&step("a", "prompt = \"a\""));
    let run = ["--project", "shop", "flow", "run", file.to_str().unwrap()];
    let refused = bed.sandbox.ao(&run).fails_json(2);
    assert!(refused["reason"].as_str().unwrap().contains("done by the agent probe"), "{refused}");
    assert_eq!(bed.sandbox.ao(&["flow", "ls", "--runs"]).json()["runs"], json!([]));
    bed.sandbox.ao(&["flow", "show", "fl-none00"]).fails(3);
}

/// Plain lines where nobody looks at a terminal: one for each change of a step.
#[test]
fn progress_is_plain_lines_elsewhere() {
    let bed = Bed::new();
    let file = bed.write(&step("a", "prompt = \"!sleep 300 a\"\nlabel = \"the first\""));
    let agent = crate::support::example("scripted");
    let ran = bed
        .sandbox
        .ao(&[
            "--project",
            "shop",
            "flow",
            "run",
            file.to_str().unwrap(),
            "--",
            agent.to_str().unwrap(),
        ])
        .env("FAKE_LOG", bed.sandbox.path("ran"))
        .ok();
    let (out, err) = (ran.out(), ran.err());
    let id = out.lines().next().unwrap();
    assert!(id.starts_with("fl-") && id.len() == 15, "{out}");
    assert_eq!(out, format!("{id}\nR(a)"), "the id, then the result as it is");
    assert!(err.contains("a the first running\n") && err.contains("a the first done\n"), "{err}");
    assert!(!err.contains('\x1b'), "{err}");
}

/// What is not over is always in the list; older ones are told of, and a cursor leads to them.
#[test]
fn a_run_that_waits_is_listed_whatever_its_age() {
    let bed = Bed::new();
    let gate = bed.detach("[[step]]\nid = \"g\"\nkind = \"gate\"\nprompt = \"go on?\"\n");
    bed.until(&gate, "g", "waiting_gate");
    let over: Vec<String> = (0..5)
        .map(|_| {
            let run = bed.detach(&step("a", "prompt = \"a\""));
            assert_eq!(bed.result(&run).code, 0);
            run
        })
        .collect();
    let page = |more: &[&str]| {
        let list = bed.sandbox.ao(&[&["flow", "ls", "--runs"], more].concat()).json();
        let ids: Vec<String> = list["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run["run_id"].as_str().unwrap().to_owned())
            .collect();
        (ids, list["next_before"].clone())
    };
    let wanted = [over[4].clone(), over[3].clone(), gate.clone()];
    assert_eq!(page(&["--limit", "2"]), (wanted.to_vec(), json!(over[3])));
    let wanted = [over[2].clone(), over[1].clone()];
    assert_eq!(page(&["--limit", "2", "--before", &over[3]]), (wanted.to_vec(), json!(over[1])));
    let wanted = vec![over[0].clone()];
    assert_eq!(page(&["--limit", "2", "--before", &over[1]]), (wanted, Value::Null));
    assert_eq!(page(&["--limit", "5"]).1, Value::Null);
    assert_eq!(page(&["--project", "shop"]).0.len(), 6);
    let told = bed.sandbox.ao(&["flow", "ls", "--runs", "--limit", "2"]).ok();
    let hint = format!("left out: ao flow ls --runs --before {}", over[3]);
    assert!(told.err().contains(&hint) && told.out().contains(&gate), "{}", told.err());
    bed.sandbox.ao(&["flow", "ls", "--runs", "--before", "fl-none00"]).fails(3);
    bed.sandbox.ao(&["flow", "ls", "--limit", "2"]).fails(2);
    bed.tell(&["cancel", &gate]);
}

/// The progress on a terminal is cut to its width: what is drawn again leaves nothing behind.
#[test]
fn progress_fits_a_narrow_terminal() {
    let bed = Bed::new();
    let label = "w".repeat(150);
    let body = step("a", &format!("label = \"{label}\"\nprompt = \"!sleep 1500 x\""));
    let mut terminal = Terminal::run(&bed.command(&body, &[]).command(), 50, 8);
    terminal.shows("a www");
    // Drawn at least once more, over a line for the step and one for the whole.
    terminal.shows("\u{1b}[2A");
    let (code, rest) = terminal.ends();
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("completed"), "{rest}");
    let wide = rest.lines().filter(|line| line.chars().count() > 60).collect::<Vec<_>>();
    assert!(wide.is_empty() && !rest.contains("\u{1b}[3A"), "{rest:?}");
}
