//! Reports on their way: windows, batches, what is looked at again before it is written.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Probe, Sandbox};

const ORCHESTRATOR: &str = "shop-orchestrator";

/// A shop whose supervisor has these settings, and its orchestrator.
fn shop(settings: &[(&str, u64)]) -> (Sandbox, Probe) {
    let sandbox = Sandbox::new();
    set(&sandbox, settings);
    sandbox.shop();
    let orchestrator = sandbox.probe(ORCHESTRATOR);
    (sandbox, orchestrator)
}

fn set(sandbox: &Sandbox, settings: &[(&str, u64)]) {
    for (key, value) in settings {
        sandbox.ao(&["config", "set", key, &value.to_string()]).ok();
    }
}

/// Has a worker report; the answer.
fn report(worker: &Probe, state: &str, note: &str) -> Value {
    let ran = worker.run(&["ao", "--json", "report", state, "--note", note]);
    assert_eq!(ran["code"], 0, "{ran}");
    serde_json::from_str(ran["out"].as_str().unwrap()).unwrap()
}

fn mail(sandbox: &Sandbox) -> Vec<Value> {
    let list = sandbox.ao(&["messages", "--session", ORCHESTRATOR]).json();
    list["messages"].as_array().unwrap().clone()
}

fn reports_waiting(sandbox: &Sandbox) -> u64 {
    sandbox.session(ORCHESTRATOR)["inbox"]["reports"].as_u64().unwrap()
}

#[test]
fn fifty_workers_that_end_together_are_one_message() {
    const WORKERS: usize = 50;
    const WINDOW_S: u64 = 10;
    let (sandbox, orchestrator) = shop(&[("reports.done_window_s", WINDOW_S)]);
    let spawn = |script: &str| {
        let args = ["-q", "--project", "shop", "spawn", "--", "sh", "-c", script];
        sandbox.ao(&args).ok().line()
    };
    let gate = spawn("read never");
    let script = format!(
        "ao wait {gate} --for exited >/dev/null; ao report done --note \"all of $AO_SESSION_ID\"; \
         read never"
    );
    let workers: Vec<String> = (0..WORKERS).map(|_| spawn(&script)).collect();
    let mut events = sandbox.events();
    sandbox.ao(&["kill", &gate]).ok();
    for _ in 0..WORKERS {
        events.until("a report", |event| event["kind"] == "session.report");
    }
    sandbox.ao(&["wait", &workers[0], "--for", "done", "--timeout", "10"]).ok();
    let first = orchestrator.hears(1).remove(0);
    let at = |event: &Value| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let reported = sandbox.journal("session.report");
    assert_eq!(reported.len(), WORKERS);
    let took = at(&reported[WORKERS - 1]).duration_since(at(&reported[0]));
    let messages = mail(&sandbox);
    if took < jiff::SignedDuration::from_secs(i64::try_from(WINDOW_S).unwrap()) {
        assert_eq!(messages.len(), 1, "{took}: {messages:#?}");
        // Too long to be typed among others: the text is in the message, and in a file.
        let body = sandbox.message(messages[0]["id"].as_str().unwrap())["body"].clone();
        let body = body.as_str().unwrap();
        assert_eq!(messages[0]["from"], "ao");
        assert!(body.starts_with("50 workers report, the newest last:\n"), "{body}");
        for worker in &workers {
            let line = format!("- {worker}: done - all of {worker}");
            assert_eq!(body.lines().filter(|l| *l == line).count(), 1, "{line}: {body}");
        }
    }
    assert!(first.starts_with("[from ao] "), "{first}");
    assert_eq!(sandbox.journal("notice.waiting").len(), WORKERS);
}

#[test]
fn a_question_comes_at_once_and_takes_along_what_waits() {
    let (sandbox, orchestrator) = shop(&[("reports.done_window_s", 3600)]);
    let (a, b) = (sandbox.worker(), sandbox.worker());
    let done = report(&sandbox.probe(&a), "done", "the\nfirst part");
    assert_eq!(done["message"], Value::Null);
    assert_eq!(done["notice"]["to"], ORCHESTRATOR);
    assert!(done["notice"]["due_at"].is_string(), "{done}");
    let said = sandbox.probe(&a).run(&["ao", "report", "checkpoint", "--note", "more"]);
    let said = said["out"].as_str().unwrap();
    assert!(said.contains("reported checkpoint; shop-orchestrator is told within 5m"), "{said}");
    assert_eq!((mail(&sandbox).len(), reports_waiting(&sandbox)), (0, 2));
    let asked = report(&sandbox.probe(&b), "needs-input", "left or right?");
    assert_eq!(asked["message"]["to"], ORCHESTRATOR);
    assert_eq!(asked["message"]["policy"], "immediate");
    let heard = orchestrator.hears(1).remove(0);
    let lines: Vec<&str> = heard.lines().collect();
    assert_eq!(lines[0], "[from ao] 2 workers report, the newest last:");
    let mark = lines[1].strip_prefix("----- ").unwrap();
    let mark = mark.strip_suffix(": what they say, quoted -----").unwrap();
    let end = format!("----- {mark}: end -----");
    let told = "- shop-1: done - the first part; checkpoint - more";
    assert_eq!(lines[2..], [told, "- shop-2: needs-input - left or right?", end.as_str()]);
    assert_eq!((mail(&sandbox).len(), reports_waiting(&sandbox)), (1, 0));
}

#[test]
fn a_worker_that_is_stuck_says_so_once_and_is_throttled() {
    let (sandbox, orchestrator) = shop(&[]);
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    report(&probe, "stuck", "no disk");
    assert_eq!(orchestrator.hears(1), ["[from shop-1] report: stuck - no disk"]);
    assert_eq!(report(&probe, "stuck", "no disk")["notice"]["dropped"], "repeated");
    let again = probe.run(&["ao", "report", "stuck", "--note", "no disk"]);
    assert!(again["out"].as_str().unwrap().contains("shop-orchestrator knows already"), "{again}");
    for note in ["no disk, no net", "no disk, no net, no hope"] {
        let changed = report(&probe, "stuck", note);
        assert!(changed["notice"]["due_at"].is_string(), "{changed}");
    }
    assert_eq!((mail(&sandbox).len(), reports_waiting(&sandbox)), (1, 1), "the newest waits");
    // An answer is a new occasion.
    sandbox.ao(&["send", &worker, "try again", "--wait", "submitted", "--timeout", "30"]).ok();
    report(&probe, "stuck", "no disk");
    assert_eq!(orchestrator.hears(2)[1], "[from shop-1] report: stuck - no disk");
}

#[test]
fn a_window_survives_the_supervisor() {
    let (sandbox, orchestrator) = shop(&[("reports.done_window_s", 6)]);
    let worker = sandbox.worker();
    report(&sandbox.probe(&worker), "done", "it works");
    let supervisor = sandbox.supervisor();
    supervisor.signal(rustix::process::Signal::KILL);
    super::support::wait_gone(&[supervisor], Duration::from_secs(10));
    sandbox.ao(&["ls"]).ok();
    assert_eq!(orchestrator.hears(1), ["[from shop-1] report: done - it works"]);
    assert_eq!(mail(&sandbox).len(), 1);
}

#[test]
fn what_waits_is_looked_at_again_before_it_is_written() {
    let (sandbox, orchestrator) = shop(&[("reports.done_window_s", 3600)]);
    let (a, b) = (sandbox.worker(), sandbox.worker());
    orchestrator.hold(true);
    sandbox.ao(&["send", ORCHESTRATOR, "work", "--wait", "submitted", "--timeout", "30"]).ok();
    report(&sandbox.probe(&a), "needs-input", "which one?");
    report(&sandbox.probe(&b), "needs-input", "may I?");
    let waiting: Vec<Value> = mail(&sandbox).into_iter().skip(1).collect();
    assert_eq!(waiting.len(), 1, "the second question waits for the first: {waiting:#?}");
    let id = waiting[0]["id"].as_str().unwrap().to_owned();
    report(&sandbox.probe(&a), "done", "found it myself");
    sandbox.ao(&["kill", &b]).ok();
    orchestrator.hold(false);
    assert_eq!(orchestrator.hears(2)[1], "[from shop-1] report: done - found it myself");
    assert_eq!(sandbox.message(&id)["body"], "report: done - found it myself");
    assert_eq!(mail(&sandbox).len(), 2);
    let dropped = sandbox.journal("notice.dropped");
    let why: Vec<&str> = dropped.iter().map(|e| e["data"]["reason"].as_str().unwrap()).collect();
    assert_eq!(why, ["superseded", "ended"]);
}

#[test]
fn a_question_of_a_worker_that_has_been_killed_is_not_asked() {
    let (sandbox, orchestrator) = shop(&[]);
    let worker = sandbox.worker();
    orchestrator.hold(true);
    sandbox.ao(&["send", ORCHESTRATOR, "work", "--wait", "submitted", "--timeout", "30"]).ok();
    let asked = report(&sandbox.probe(&worker), "needs-input", "which one?");
    let id = asked["message"]["id"].as_str().unwrap();
    sandbox.ao(&["kill", &worker]).ok();
    orchestrator.hold(false);
    sandbox.events().message("message.dead", id);
    assert_eq!(sandbox.message(id)["reason"], "outdated");
    sandbox.ao(&["send", ORCHESTRATOR, "go on", "--wait", "submitted", "--timeout", "30"]).ok();
    assert_eq!(orchestrator.hears(2), ["work", "go on"]);
}

#[test]
fn reports_are_kept_for_the_orchestrator_that_may_come() {
    let sandbox = Sandbox::new();
    set(&sandbox, &[("reports.done_window_s", 0)]);
    let shop = sandbox.plain_shop();
    let worker = sandbox.worker();
    let answer = report(&sandbox.probe(&worker), "done", "it works");
    assert_eq!(answer["message"], Value::Null);
    sandbox.ao(&["start"]).dir(shop.path()).ok();
    let heard = sandbox.probe(ORCHESTRATOR).hears(1);
    assert_eq!(heard, ["[from shop-1] report: done - it works"]);
}

#[test]
fn a_repeated_request_is_one_report() {
    let (sandbox, orchestrator) = shop(&[]);
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let argv = |note| ["ao", "report", "needs-input", "--note", note, "--idempotency-key", "k"];
    for _ in 0..3 {
        assert_eq!(probe.run(&argv("which?"))["code"], 0);
    }
    assert_eq!(probe.run(&argv("another"))["code"], 5);
    assert_eq!(orchestrator.hears(1), ["[from shop-1] report: needs-input - which?"]);
    assert_eq!(sandbox.journal("session.report").len(), 1);
}

#[test]
fn a_day_has_a_cap() {
    let (sandbox, orchestrator) = shop(&[("noise.daily_cap", 2)]);
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    for (count, note) in [(1, "a?"), (2, "b?")] {
        report(&probe, "needs-input", note);
        orchestrator.hears(count);
    }
    report(&probe, "needs-input", "c?");
    sandbox.events().session("noise.daily_cap", ORCHESTRATOR);
    assert_eq!((mail(&sandbox).len(), reports_waiting(&sandbox)), (2, 1));
    let status = sandbox.ao(&["status"]).json();
    let warning = status["projects"][0]["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("shop-orchestrator has had as many automatic"), "{warning}");
}

#[test]
fn a_result_meant_for_the_inbox_is_not_typed() {
    let (sandbox, orchestrator) = shop(&[("reports.done_window_s", 0)]);
    let spawn = ["-q", "--project", "shop", "spawn", "--deliver", "on-demand"];
    let worker = sandbox.ao(&spawn).ok().line();
    let argv = ["ao", "report", "done", "--note", "short", "--result-file", "-"];
    let ran = sandbox.probe(&worker).run_with(&argv, json!({}), "the whole result");
    assert_eq!(ran["code"], 0, "{ran}");
    let inbox = orchestrator.run(&["ao", "inbox"]);
    let inbox = inbox["out"].as_str().unwrap();
    let text = "report: done - short (result of 16 bytes: ao result shop-1)";
    assert!(inbox.contains(text), "{inbox}");
    assert_eq!(orchestrator.said(), Vec::<String>::new());
}
