//! Steps that are done by agents with names: each in a session and a worktree of its own.

use serde_json::json;

use super::bed::{Bed, Ran, step};
use crate::support::{Ao, example};

/// A project with an agent `scribe`, which has a headless mode.
fn bed() -> Bed {
    let bed = Bed::new();
    let (log, state) = (bed.sandbox.path("ran"), bed.sandbox.path("state"));
    let text = format!(
        "name = \"scribe\"\nabout = \"does one task\"\nbinary = {:?}\nargv = []\n\
         prompt = \"paste\"\nsystem_prompt = \"file\"\nhooks = \"none\"\n\
         [env.set]\nFAKE_LOG = {log:?}\nFAKE_STATE = {state:?}\n[headless]\nargv = []\n",
        example("scripted").display().to_string()
    );
    std::fs::write(bed.sandbox.config().join("agents/scribe.toml"), text).unwrap();
    bed
}

fn agent(id: &str, prompt: &str, more: &str) -> String {
    step(id, &format!("kind = \"agent\"\nagent = \"scribe\"\nprompt = {prompt:?}\n{more}"))
}

fn run(bed: &Bed, body: &str, options: &[&str]) -> Ao {
    let file = bed.write(body);
    let args = [&["--project", "shop", "flow", "run", file.to_str().unwrap()], options];
    bed.sandbox.ao(&args.concat())
}

fn ended(bed: &Bed, body: &str) -> Ran {
    let id = run(bed, body, &["--detach"]).json()["run"]["run_id"].as_str().unwrap().to_owned();
    bed.result(&id)
}

#[test]
fn each_works_in_its_own_worktree_and_is_told_whole_results() {
    let bed = bed();
    let first = agent("first", "one", "");
    let second = agent("second", "!write made two", "depends_on = [\"first\"]");
    let last = agent(
        "last",
        "after {{steps.first.result}}",
        "depends_on = [\"first\", \"second\", \"big\"]\nisolation = \"shared\"",
    );
    let big = agent("big", "!big 9000000", "");
    let ran = ended(&bed, &[big, first, second, last].concat());
    assert_eq!(*ran.result(), json!("R(after R(one))"), "{} {}", ran.json, ran.err);
    let list = bed.sandbox.ao(&["ls", "--all"]).json();
    let rows = list["sessions"].as_array().unwrap();
    let of = |name: &str| {
        let is_it = |row: &&serde_json::Value| {
            row["label"].as_str().is_some_and(|label| label.contains(&format!(" {name} of ")))
        };
        rows.iter().find(is_it).unwrap_or_else(|| panic!("{name}: {list:#}"))
    };
    for name in ["first", "second", "last"] {
        assert_eq!((&of(name)["agent"], &of(name)["mode"]), (&json!("scribe"), &json!("headless")));
    }
    assert_eq!(of("last")["worktree"], bed.shop.path().display().to_string());
    let gone = of("first")["worktree"].as_str().unwrap();
    assert!(!std::path::Path::new(gone).exists(), "nothing was left in it");
    let kept = of("second")["worktree"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(format!("{kept}/made")).unwrap(), "made");
    assert!(!bed.shop.path().join("made").exists());
    assert_eq!(bed.step(ran.id(), "big")["bytes"], 9_000_000);
    let note = bed.step(ran.id(), "second")["note"].as_str().unwrap().to_owned();
    assert!(note.contains(kept), "{note}");
}

#[test]
fn a_kill_of_the_supervisor_repeats_no_session() {
    let bed = bed();
    let first = agent("first", "one", "");
    let slow = agent("slow", "!sleep 1500 two", "depends_on = [\"first\"]");
    let body = [first, slow].concat();
    let id = run(&bed, &body, &["--detach"]).json()["run"]["run_id"].as_str().unwrap().to_owned();
    bed.until_ran(2);
    bed.kill_supervisor();
    assert_eq!(*bed.result(&id).result(), json!("R(two)"));
    assert_eq!(bed.ran(), ["one", "!sleep 1500 two"]);
}

#[test]
fn a_cancelled_run_leaves_no_session_at_work() {
    let bed = bed();
    let id = run(&bed, &agent("stuck", "!hang", ""), &["--detach"]).json()["run"]["run_id"]
        .as_str()
        .unwrap()
        .to_owned();
    bed.until_ran(1);
    bed.sandbox.ao(&["flow", "cancel", &id]).ok();
    let list = bed.sandbox.ao(&["ls", "--all"]).json();
    let rows = list["sessions"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{list:#}");
    assert_eq!(rows[0]["status"], "killed");
}

#[test]
fn an_agent_that_cannot_be_given_a_task_is_refused_before_there_is_a_run() {
    let bed = bed();
    for (name, why) in [("probe", "has no headless mode"), ("nobody", "is not known")] {
        let body = step("one", &format!("kind = \"agent\"\nagent = {name:?}\nprompt = \"x\""));
        let refused = run(&bed, &body, &[]).run();
        assert_eq!(refused.code(), 2, "{}", refused.err());
        let said = refused.out() + &refused.err();
        assert!(said.contains(why) && said.contains("scribe"), "{said}");
    }
    let list = bed.sandbox.ao(&["flow", "ls", "--runs"]).json();
    assert_eq!(list["runs"], json!([]), "{list}");
}
