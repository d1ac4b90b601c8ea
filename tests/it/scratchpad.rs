//! `ao scratchpad`: small versioned values by key.

use serde_json::{Value, json};

use super::support::{Http, Sandbox};

#[test]
fn values_are_written_always_once_or_over_a_version() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let put = |args: &[&str]| {
        let mut argv = vec!["--project", "shop", "scratchpad", "put", "port"];
        argv.extend(args);
        sandbox.ao(&argv)
    };
    assert_eq!(put(&["8080", "--create", "--json"]).json()["entry"]["version"], 1);
    let taken = put(&["9090", "--create"]).fails_json(5);
    assert_eq!(taken["reason"], "stale version: expected 0, found 1");
    assert_eq!(taken["current"]["value"], "8080");
    put(&["8081"]).ok();
    let stale = put(&["1", "--expect-version", "1"]).fails_json(5);
    assert_eq!(stale["reason"], "stale version: expected 1, found 2");
    put(&["8082", "--expect-version", "2"]).ok();
    assert_eq!(
        sandbox.ao(&["--project", "shop", "scratchpad", "get", "port"]).ok().out(),
        "8082\n"
    );
    // A key that comes back goes on counting: a version that was seen once is never another value.
    sandbox.ao(&["--project", "shop", "scratchpad", "rm", "port", "--expect-version", "3"]).ok();
    sandbox.ao(&["--project", "shop", "scratchpad", "get", "port"]).fails(3);
    assert_eq!(
        sandbox.ao(&["--project", "shop", "scratchpad", "ls"]).ok().line(),
        "nothing on the scratchpad"
    );
    assert_eq!(put(&["80", "--create", "--json"]).json()["entry"]["version"], 5);
}

/// I01: eight writers add one a hundred times each, over the version that they have seen.
#[test]
fn i01_of_many_writers_none_is_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    sandbox.ao(&["--project", "shop", "scratchpad", "put", "count", "0", "--create"]).ok();
    let path = "/scratchpad/count?project=shop";
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut http = Http::new(&sandbox.socket());
                let mut left = 100;
                while left > 0 {
                    let (_, seen) = http.call("GET", path, None, &Value::Null).unwrap();
                    let entry = &seen["entry"];
                    let count: u32 = entry["value"].as_str().unwrap().parse().unwrap();
                    let over = format!("{path}&expect_version={}", entry["version"]);
                    let more = json!({ "value": (count + 1).to_string() });
                    let (status, answer) = http.call("PUT", &over, None, &more).unwrap();
                    assert!(status == 200 || status == 409, "{status} {answer}");
                    left -= u32::from(status == 200);
                }
            });
        }
    });
    let (_, last) = Http::new(&sandbox.socket()).call("GET", path, None, &Value::Null).unwrap();
    assert_eq!((&last["entry"]["value"], &last["entry"]["version"]), (&json!("800"), &json!(801)));
}

#[test]
fn each_run_of_a_flow_and_each_project_has_its_own() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    sandbox.ao(&["--project", "shop", "scratchpad", "put", "a", "project"]).ok();
    sandbox.ao(&["--project", "shop", "scratchpad", "put", "a", "run", "--flow", "fl-000001"]).ok();
    assert_eq!(sandbox.ao(&["--project", "shop", "scratchpad", "get", "a"]).ok().line(), "project");
    let of_run = sandbox
        .ao(&["--project", "shop", "scratchpad", "ls", "--flow", "fl-000001", "--json"])
        .json();
    assert_eq!(of_run["entries"][0]["value"], "run");
    let worker = sandbox.worker();
    let ran = sandbox.probe(&worker).run(&["ao", "scratchpad", "put", "b", "by a worker"]);
    assert_eq!(ran["code"], 0, "{ran}");
    let list = sandbox.ao(&["--project", "shop", "scratchpad", "ls", "--json"]).json();
    assert_eq!(list["entries"][1]["written_by"], json!(worker));
    let kinds = sandbox.journal("scratchpad");
    assert!(kinds.iter().all(|event| event["data"].get("value").is_none()), "{kinds:?}");
}

#[test]
fn bad_keys_and_large_values_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    for key in ["", "a b", "ünïcödé", "a\n"] {
        sandbox.ao(&["--project", "shop", "scratchpad", "put", key, "x"]).fails(2);
    }
    let large = "x".repeat(64 * 1024 + 1);
    let put = sandbox
        .ao(&["--project", "shop", "scratchpad", "put", "a", "--file", "-"])
        .input(large)
        .fails_json(2);
    assert!(put["reason"].as_str().unwrap().contains("65537 bytes"), "{put}");
    let odd = "../../a";
    sandbox.ao(&["--project", "shop", "scratchpad", "put", odd, "x"]).ok();
    assert_eq!(sandbox.ao(&["--project", "shop", "scratchpad", "get", odd]).ok().line(), "x");
}
