//! `ao mcp` as others see it: the MCP inspector's command line and the Python client.

use serde_json::{Value, json};

use super::support::{Ao, Sandbox, mcp_client};

/// What every client has to find and to call.
const TOOLS: &[&str] = &["create_agent", "wait_for_agent", "archive_agent", "report", "tasks"];

fn offers_all(names: &[String]) {
    for tool in TOOLS {
        assert!(names.iter().any(|name| name == tool), "{tool}: {names:?}");
    }
}

#[test]
fn the_inspector_lists_and_calls() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let program = mcp_client("inspector").join("node_modules/.bin/mcp-inspector");
    let data = format!("AO_DATA_DIR={}", sandbox.data().display());
    let inspect = |rest: &[&str]| -> Value {
        let mut command = sandbox.command(&program);
        command.args(["--cli", "-e", &data, env!("CARGO_BIN_EXE_ao"), "--project", "shop", "mcp"]);
        command.args(rest);
        Ao::new(command).ok().json()
    };
    let listed = inspect(&["--method", "tools/list"]);
    let tools = listed["tools"].as_array().unwrap();
    offers_all(&tools.iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    let call = ["--method", "tools/call", "--tool-name", "task_add", "--tool-arg"];
    let added = inspect(&[&call[..], &["subject=paint"]].concat());
    assert_eq!(added["structuredContent"]["version"], 1, "{added}");
    let tasks = sandbox.ao(&["--project", "shop", "task", "ls"]).json();
    assert_eq!(tasks["tasks"][0]["subject"], "paint");
}

#[test]
fn the_python_client_lists_and_calls() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = sandbox.worker();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp_client.py");
    let calls = json!([
        ["wait_for_agent", {"agent_id": id, "timeout_s": 30}],
        ["get_agent", {"agent_id": "shop-99"}],
    ]);
    let mut command = sandbox.command(mcp_client("python").join("bin/python"));
    command.args([script, &calls.to_string()]);
    command.args([env!("CARGO_BIN_EXE_ao"), "--project", "shop", "mcp"]);
    let said = Ao::new(command).ok().json();
    let names: Vec<String> = serde_json::from_value(said["tools"].clone()).unwrap();
    offers_all(&names);
    assert_eq!(said["results"][0]["structured"]["state"], "idle", "{said}");
    assert_eq!(said["results"][0]["is_error"], false, "{said}");
    assert_eq!(said["results"][1]["is_error"], true, "{said}");
    assert!(said["results"][1]["text"].as_str().unwrap().contains("shop-99"), "{said}");
}
