//! The board and flows: a change of a task and a step of a flow beside one synced commit of SQLite,
//! and what a change costs on a board of ten thousand tasks against one of a thousand.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ao_bed::AoBed;
use super::client::Client;
use super::figures::{self, Times, heading};
use super::messages::synced_database;

/// The short board and the long one.
const BOARDS: [usize; 2] = [1_000, 10_000];
/// Tasks whose changes are timed on each.
const SAMPLE: usize = 100;
/// Steps of a flow.
const STEPS: usize = 200;
/// Commits beside them.
const COMMITS: usize = 300;

pub fn bench(ao: &AoBed, root: &Path) {
    let commit = commits(root);
    tasks(ao, commit);
    steps(ao, commit);
}

/// One synced commit, in milliseconds.
fn commits(root: &Path) -> f64 {
    let db = synced_database(&root.join("beside-the-board.db"));
    let mut times = Times::new();
    for _ in 0..COMMITS {
        let begun = Instant::now();
        db.execute("INSERT INTO texts (text) VALUES ('a task, in a line')", []).unwrap();
        times.push(begun.elapsed());
    }
    times.median()
}

/// What is timed of each task: adding it, claiming it, and finishing it, which makes another ready.
struct Changes {
    added: Times,
    claimed: Times,
    done: Times,
}

fn tasks(ao: &AoBed, commit: f64) {
    let [short, long] = BOARDS;
    heading(&format!("a board of {short} tasks and one of {long}"));
    let mut client = Client::connect(ao);
    let (mut there, mut figures) = (0, Vec::new());
    for length in BOARDS {
        for _ in there..length - 2 * SAMPLE {
            add(&mut client, &[]);
        }
        there = length;
        figures.push(changes(&mut client));
    }
    let [few, many] = figures.as_slice() else { return };
    for (name, few, many) in [
        ("added", &few.added, &many.added),
        ("claimed", &few.claimed, &many.claimed),
        ("done, and another is ready", &few.done, &many.done),
    ] {
        figures::times(&format!("{name}, {long} tasks"), many);
        figures::ratio(&format!("{name}, long / short"), many.median(), few.median(), Some(1.5));
        figures::ratio(&format!("{name} / commit"), many.median(), commit, None);
    }
}

fn changes(client: &mut Client) -> Changes {
    let mut changes = Changes { added: Times::new(), claimed: Times::new(), done: Times::new() };
    for _ in 0..SAMPLE {
        let (took, first) = add(client, &[]);
        changes.added.push(took);
        let id = first["task"]["id"].as_str().unwrap().to_owned();
        let (_, second) = add(client, &[&id]);
        changes.claimed.push(step(client, &id, "claim", 1).0);
        let (took, answer) = step(client, &id, "done", 2);
        assert_eq!(answer["ready"], json!([second["task"]["id"]]));
        changes.done.push(took);
    }
    changes
}

fn add(client: &mut Client, depends_on: &[&str]) -> (Duration, Value) {
    let task =
        json!({"project": "bench", "subject": "a task, in a line", "depends_on": depends_on});
    client.post("/tasks", &task.to_string())
}

fn step(client: &mut Client, id: &str, verb: &str, version: u32) -> (Duration, Value) {
    let body = json!({ "expect_version": version });
    client.post(&format!("/tasks/{id}/{verb}"), &body.to_string())
}

/// Steps that ao does by itself, one after the other: what remains is what a step costs.
fn steps(ao: &AoBed, commit: f64) {
    heading(&format!("a flow of {STEPS} folds, one after the other"));
    let mut text =
        "name = \"folds\"\n[[step]]\nid = \"s0\"\nkind = \"command\"\nargv = [\"true\"]\n"
            .to_owned();
    for number in 1..=STEPS {
        let before = number - 1;
        text.push_str(&format!(
            "[[step]]\nid = \"s{number}\"\nkind = \"fold\"\nmode = \"concat\"\n\
             inputs = [\"s{before}\"]\ndepends_on = [\"s{before}\"]\n"
        ));
    }
    ao.own_flow("folds", &text);
    let mut client = Client::connect(ao);
    let launch = json!({"project": "bench", "text": text, "file": "folds.toml"});
    let (_, answer) = client.post("/flows", &launch.to_string());
    let id = answer["run"]["run_id"].as_str().unwrap().to_owned();
    let (_, over) = client.get(&format!("/flows/{id}/wait"));
    assert_eq!(over["run"]["state"], "completed", "{over}");
    let took = over["run"]["duration_ms"].as_f64().unwrap() / STEPS as f64;
    println!("  {:<44}        {took:7.2} ms", "each step");
    figures::ratio("a step / commit", took, commit, None);
}
