//! `ao flow ls`, `check`, `graph` and `run --dry-run`: what needs no agent and no supervisor.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::support::{Ao, Repository, Sandbox};

/// A project with its flows.
struct Bed {
    sandbox: Sandbox,
    shop: Repository,
}

impl Bed {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let shop = sandbox.repository("shop");
        Self { sandbox, shop }
    }

    /// A flow of the repository.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let folder = self.shop.path().join(".ao/flows");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.toml"));
        std::fs::write(&file, text).unwrap();
        file
    }

    fn ao(&self, args: &[&str]) -> Ao {
        self.sandbox.ao(args).dir(self.shop.path())
    }

    /// Rehearses a flow with these stubs; returns exit code and answer.
    fn rehearse(&self, name: &str, stubs: &Value, more: &[&str]) -> (i32, Value) {
        let file = self.sandbox.path("stubs.json");
        std::fs::write(&file, stubs.to_string()).unwrap();
        let stubs = file.to_str().unwrap();
        let args = [&["--json", "flow", "run", name, "--dry-run", "--stubs", stubs], more].concat();
        let ran = self.ao(&args).run();
        (ran.code(), ran.json())
    }
}

const AUDIT: &str = r#"name = "audit"
about = "Looks at files"

[args]
target = "src"

[[step]]
id = "find"
prompt = "List files under {{args.target}}"

[[step]]
id = "check"
depends_on = ["find"]
when = "steps.find.json.files.length > 0"
foreach = "steps.find.json.files"
prompt = "Check {{item}}"

[[step]]
id = "report"
kind = "fold"
inputs = ["check", "find"]
mode = "json_object"
"#;

#[test]
fn flows_are_listed_broken_ones_too_and_a_name_means_the_repositorys_first() {
    let bed = Bed::new();
    assert_eq!(bed.ao(&["flow", "ls"]).ok().line(), "no flows");
    bed.write("audit", AUDIT);
    bed.write("broken", "name = \"broken\"\n");
    let own = bed.sandbox.config().join("flows");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("audit.toml"), AUDIT.replace("Looks at", "My own")).unwrap();
    let flows = bed.ao(&["flow", "ls"]).json()["flows"].clone();
    let seen: Vec<_> =
        flows.as_array().unwrap().iter().map(|f| (&f["name"], &f["faults"])).collect();
    assert_eq!(
        json!(seen),
        json!([["audit", 0], ["broken", 1], ["audit", 0]]),
        "the repository's come first"
    );
    let table = bed.ao(&["flow", "ls"]).ok().out();
    assert!(table.contains("broken: line 1: there is no step"), "{table}");
    // No supervisor was started for it.
    assert_eq!(bed.sandbox.ao(&["status"]).json()["supervisor"]["pid"], Value::Null);
}

/// G05, G06: every fault at once, with step and line; exit code 2.
#[test]
fn g05_g06_every_fault_of_a_file_is_told_at_once() {
    let bed = Bed::new();
    let text = "name = \"bad\"\n[[step]]\nid = \"a\"\nprompt = \"{{steps.b.result}}\"\n\
                depends_on = [\"ghost\"]\n[[step]]\nid = \"a\"\nprompt = \"x\"\n[[step]]\nid = \"b\"\n\
                prompt = \"x\"\ndepends_on = [\"b\"]\ncolour = \"red\"\n";
    let file = bed.write("bad", text);
    let ran = bed.ao(&["flow", "check", "bad"]).run();
    assert_eq!(ran.code(), 2, "{}", ran.err());
    let (out, place) = (ran.out(), file.display().to_string());
    for wanted in [
        "line 2: step \"a\": there is no step \"ghost\"",
        "line 2: step \"a\": steps.b.result: \"b\" is not done before it; add it to depends_on",
        "line 6: step \"a\": the id is taken by the step in line 2",
        "line 9: step \"b\": it depends on itself",
        "line 13: step \"b\": \"colour\" is not a field",
    ] {
        assert!(out.contains(&format!("{place}: {wanted}")), "{wanted}: {out}");
    }
    assert_eq!(out.lines().count(), 5, "{out}");
    // Nothing of it is run, and the error names everything as well.
    let refused = bed.ao(&["flow", "run", "bad", "--dry-run"]).fails_json(2);
    assert_eq!(refused["code"], "refused");
    assert!(refused["reason"].as_str().unwrap().contains("ghost"), "{refused}");
}

#[test]
fn a_flow_is_drawn_with_what_waits_for_what() {
    let bed = Bed::new();
    bed.write("audit", AUDIT);
    let graph = bed.ao(&["flow", "graph", "audit"]).ok().out();
    assert_eq!(
        graph,
        "find [agent]\n  check [agent]  <- find\n    report [fold]  <- check, find\n"
    );
    let missing = bed.ao(&["flow", "graph", "none"]).fails_json(3);
    assert_eq!(missing["code"], "not_found");
}

#[test]
fn a_rehearsal_starts_nothing_and_tells_what_would_come_of_it() {
    let bed = Bed::new();
    bed.write("audit", AUDIT);
    let stubs = json!({ "find": { "files": ["a", "b"] }, "check": "fine" });
    let (code, played) = bed.rehearse("audit", &stubs, &["--arg", "target=lib"]);
    assert_eq!((code, &played["verdict"]), (0, &json!("completed")), "{played}");
    assert_eq!(played["happenings"][0]["input"], json!(["List files under lib"]));
    assert_eq!(played["happenings"][2]["input"], json!(["Check b"]));
    let report = json!({ "check": ["fine", "fine"], "find": { "files": ["a", "b"] } });
    assert_eq!(played["results"]["report"], report);
    // G16: nothing to check: skipped, and what comes after has null.
    let (code, played) = bed.rehearse("audit", &json!({ "find": { "files": [] } }), &[]);
    assert_eq!((code, &played["steps"]["check"]), (0, &json!("skipped")), "{played}");
    assert_eq!(played["results"]["report"], json!({ "check": null, "find": { "files": [] } }));
    // G08: a failure blocks what depends on it; exit code 1.
    let stubs = json!({ "find": { "fail": "no luck" } });
    let (code, played) = bed.rehearse("audit", &stubs, &[]);
    assert_eq!((code, &played["steps"]["report"]), (1, &json!("blocked")), "{played}");
    // What cannot be is told before: an argument that is not declared, a stub for no step.
    bed.ao(&["flow", "run", "audit", "--dry-run", "--arg", "colour=red"]).fails(2);
    let file = bed.sandbox.path("stubs.json");
    std::fs::write(&file, r#"{"ghost": 1}"#).unwrap();
    let ran = bed.ao(&["flow", "run", "audit", "--dry-run", "--stubs", file.to_str().unwrap()]);
    ran.fails(2);
    assert_eq!(bed.sandbox.ao(&["status"]).json()["supervisor"]["pid"], Value::Null);
}

/// A file that cannot be read is told like any other broken one, and is in nobody's way.
#[test]
fn a_file_that_cannot_be_read_stops_no_other() {
    let bed = Bed::new();
    bed.write("good", &AUDIT.replace("audit", "good"));
    let folder = bed.shop.path().join(".ao/flows");
    std::fs::write(folder.join("bytes.toml"), b"\xff\xfe").unwrap();
    std::os::unix::fs::symlink(folder.join("gone"), folder.join("dangling.toml")).unwrap();
    std::fs::create_dir(folder.join("folder.toml")).unwrap();
    std::fs::write(folder.join("large.toml"), vec![b'#'; 1024 * 1024 + 1]).unwrap();
    let flows = bed.ao(&["flow", "ls"]).json()["flows"].clone();
    let seen: Vec<_> =
        flows.as_array().unwrap().iter().map(|f| (&f["name"], &f["faults"])).collect();
    let wanted = json!([["bytes", 1], ["dangling", 1], ["folder", 1], ["good", 0], ["large", 1]]);
    assert_eq!(json!(seen), wanted, "{flows}");
    let table = bed.ao(&["flow", "ls"]).ok().out();
    assert!(table.contains("broken: it cannot be read: it is not UTF-8"), "{table}");
    let ran = bed.ao(&["flow", "check"]).run();
    assert_eq!(ran.code(), 2, "{}", ran.err());
    let out = ran.out();
    for (file, why) in [
        ("bytes", "it is not UTF-8"),
        ("dangling", "No such file or directory"),
        ("folder", "it is no regular file"),
        ("large", "it is larger than 1048576 bytes"),
    ] {
        let wanted = format!("{file}.toml: it cannot be read: {why}");
        assert!(out.contains(&wanted), "{wanted}: {out}");
    }
    assert!(out.contains("good, 3 steps"), "{out}");
    let (code, _) = bed.rehearse("good", &json!({ "find": { "files": [] } }), &[]);
    assert_eq!(code, 0);
    let refused = bed.ao(&["flow", "run", "bytes", "--dry-run"]).fails_json(2);
    assert!(refused["reason"].as_str().unwrap().contains("UTF-8"), "{refused}");
}

/// `--project` names the repository whose flows are meant, wherever the command is given.
#[test]
fn which_of_two_of_one_name_is_meant_is_not_guessed() {
    let bed = Bed::new();
    let text = "name = \"same\"\n[[step]]\nid = \"a\"\nkind = \"agent\"\nprompt = \"p\"\n";
    let one = bed.write("one", text);
    let run = ["flow", "run", "same", "--dry-run"];
    bed.ao(&run).ok();
    bed.write("two", text);
    let refused = bed.ao(&run).fails_json(2);
    let reason = refused["reason"].as_str().unwrap();
    assert!(reason.contains("one.toml") && reason.contains("two.toml"), "{refused}");
    bed.ao(&["flow", "run", one.to_str().unwrap(), "--dry-run"]).ok();
}

#[test]
fn a_project_that_is_named_has_its_own_flows() {
    let bed = Bed::new();
    bed.write("audit", AUDIT);
    let other = bed.sandbox.repository("other");
    let flows = other.path().join(".ao/flows");
    std::fs::create_dir_all(&flows).unwrap();
    std::fs::write(flows.join("audit.toml"), AUDIT.replace("find", "seek")).unwrap();
    std::fs::write(flows.join("own.toml"), AUDIT.replace("audit", "own")).unwrap();
    bed.ao(&["start", "--no-orchestrator"]).ok();
    let there = |args: &[&str]| bed.sandbox.ao(args).dir(other.path());
    let names =
        |args: &[&str]| there(args).ok().out().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(&["-q", "flow", "ls"]), ["audit", "own"]);
    assert_eq!(names(&["-q", "--project", "shop", "flow", "ls"]), ["audit"]);
    assert_eq!(names(&["-q", "--project", "shop", "flow", "check"]), ["audit"]);
    let graph = there(&["--project", "shop", "flow", "graph", "audit"]).ok().out();
    assert!(graph.starts_with("find [agent]"), "{graph}");
    let missing = there(&["--project", "shop", "flow", "run", "own", "--dry-run"]).fails_json(3);
    assert_eq!(missing["code"], "not_found");
    let argv = ["-q", "--project", "shop", "flow", "run", "audit", "--detach", "--", "cat"];
    let run = there(&argv).ok().line();
    let shown = there(&["flow", "show", &run]).json()["run"].clone();
    assert_eq!((&shown["project"], &shown["steps"][0]["id"]), (&json!("shop"), &json!("find")));
    for verb in [&["ls"][..], &["check"], &["graph", "audit"], &["run", "audit", "--", "cat"]] {
        let args = [&["--project", "nope", "flow"], verb].concat();
        let unknown = there(&args).fails_json(3);
        assert_eq!(unknown["code"], "not_found", "{verb:?}: {unknown}");
    }
}
