//! Workflows: the start of a run beside a command that only asks, what a call of `agent()` costs
//! whose result is there at once beside its commits in SQLite, and what a script's process holds.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use super::ao_bed::AoBed;
use super::figures::{self, Times, heading};
use super::memory;

/// Runs of a script that does nothing.
const STARTS: usize = 30;
/// Calls whose result is known.
const CALLS: u32 = 10_000;
/// Calls of one `parallel`.
const WIDTH: u32 = 2_500;
/// Calls with a process each.
const REAL: usize = 50;
/// Commits that are timed.
const COMMITS: u32 = 1_000;

pub fn bench(ao: &AoBed, root: &Path) {
    let files = Files(root);
    starts(ao, &files);
    let commit = commits(root);
    known(ao, &files, commit);
    real(ao, &files);
    resident(ao, &files);
}

/// Where scripts are.
struct Files<'a>(&'a Path);

impl Files<'_> {
    fn script(&self, name: &str, body: &str) -> PathBuf {
        let file = self.0.join(format!("{name}.js"));
        let meta = format!("export const meta = {{ name: '{name}', description: 'bench' }}");
        std::fs::write(&file, format!("{meta}\n{body}\n")).unwrap();
        file
    }
}

/// Runs it to its end; its result, and how long the run took by its own account.
fn run(ao: &AoBed, file: &Path, options: &[&str]) -> (Value, Duration) {
    let args = [&["workflow", "run", file.to_str().unwrap()], options, &["--", "cat"]].concat();
    let ran = ao.json(&args);
    let took = Duration::from_millis(ran["usage"]["duration_ms"].as_u64().unwrap());
    (ran, took)
}

fn starts(ao: &AoBed, files: &Files<'_>) {
    heading(&format!("{STARTS} runs of a script that does nothing"));
    let file = files.script("nothing", "return 1");
    let (mut ours, mut asks) = (Times::new(), Times::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        run(ao, &file, &["--fresh"]);
        ours.push(begun.elapsed());
        let begun = Instant::now();
        ao.json(&["status"]);
        asks.push(begun.elapsed());
    }
    figures::times("ao workflow run", &ours);
    figures::times("ao status", &asks);
    figures::ratio("run / status, median", ours.median(), asks.median(), None);
}

/// Milliseconds of one synced commit that updates a row of an operation and that of its run.
fn commits(root: &Path) -> f64 {
    let db = Connection::open(root.join("beside-workflows.db")).unwrap();
    let schema: Vec<String> = {
        let own = Connection::open(root.join("data/ao.db")).unwrap();
        let sql =
            "SELECT sql FROM sqlite_schema WHERE tbl_name IN ('workflow_ops') AND sql NOT NULL";
        let mut query = own.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;";
    db.execute_batch(&format!("{settings} {};", schema.join("; "))).unwrap();
    let mut times = Times::new();
    for seq in 0..COMMITS {
        let begun = Instant::now();
        db.execute(
            "INSERT INTO workflow_ops (run, seq, kind, scope, key, ordinal, spec, state, issued_at) \
             VALUES ('wf-beside', ?1, 'agent', '', 'key', ?1, '{}', 'issued', 0)",
            [seq],
        )
        .unwrap();
        times.push(begun.elapsed());
    }
    heading("the journal beside them");
    figures::times("one synced commit of an operation", &times);
    times.median()
}

/// Calls whose results are known from another run: script, process, journal and nothing else.
fn known(ao: &AoBed, files: &Files<'_>, commit: f64) {
    heading(&format!("{CALLS} calls of agent() whose agents take no time"));
    let one = files.script("one", "return await agent('x')");
    let (first, _) = run(ao, &one, &["--fresh"]);
    let id = first["run_id"].as_str().unwrap().to_owned();
    multiply(files.0, &id);
    let turn = format!(
        "let n = 0; for (let i = 0; i < {CALLS}; i++) n += (await agent('x')).length; return n"
    );
    let wide = format!(
        "let n = 0; for (let i = 0; i < {}; i++) n += (await parallel(Array.from({{ length: {WIDTH} }}, \
         () => () => agent('x')))).length; return n",
        CALLS / WIDTH
    );
    // In turn: one commit when it is asked for, one when it is delivered. At once: the first is shared.
    for (name, body, shares) in [("in turn", turn, 2.0), ("at once", wide, 1.0)] {
        let file = files.script("many", &body);
        let (ran, took) = run(ao, &file, &["--resume-from", &id]);
        assert_eq!(ran["result"], CALLS, "{ran}");
        let each = took.as_secs_f64() * 1000.0 / f64::from(CALLS);
        println!("  {:<44}        {each:7.3} ms each", name);
        figures::ratio(&format!("{name} / its commits"), each, commit * shares, Some(2.0));
    }
}

/// Gives the run results for so many calls of its one prompt.
fn multiply(root: &Path, run: &str) {
    let db = Connection::open(root.join("data/ao.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2) \
               INSERT INTO workflow_ops (run, seq, kind, scope, key, ordinal, spec, state, attempt, \
               outcome, delivery, spent_after, issued_at) \
               SELECT run, seq + i, kind, scope, key, i, spec, state, attempt, outcome, delivery + i, \
               spent_after, issued_at FROM workflow_ops, n WHERE run = ?1 AND seq = 1";
    db.execute(sql, (run, CALLS)).unwrap();
}

/// Agents that are processes, however short.
fn real(ao: &AoBed, files: &Files<'_>) {
    heading(&format!("{REAL} agents that are a process each"));
    let body = format!("for (let i = 0; i < {REAL}; i++) await agent('x' + i); return 1");
    let (_, took) = run(ao, &files.script("real", &body), &["--fresh"]);
    let each = took.as_secs_f64() * 1000.0 / REAL as f64;
    println!("  {:<44}        {each:7.2} ms each", "cat, in turn");
}

/// The process of a script that waits.
fn resident(ao: &AoBed, files: &Files<'_>) {
    heading("memory of a script's process");
    let file = files.script("waits", "return await agent('x')");
    let args =
        ["workflow", "run", file.to_str().unwrap(), "--fresh", "--detach", "--", "sleep", "600"];
    let started = ao.json(&args);
    let (supervisor, _) = ao.pids();
    let threads = std::fs::read_dir(format!("/proc/{supervisor}/task")).unwrap();
    let children = threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<String> = children.collect();
    let host = children.iter().flat_map(|pids| pids.split_whitespace()).find(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("workflow-host")
    });
    let host = host.expect("the run has a process").parse().unwrap();
    figures::memory("ao workflow-host, RSS", memory::rss(host), Some(16.0));
    figures::memory("ao workflow-host, PSS", memory::pss(host), None);
    ao.json(&["workflow", "stop", started["run"]["run_id"].as_str().unwrap()]);
}
