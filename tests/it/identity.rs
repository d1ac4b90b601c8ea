//! Who is calling: every row of the table of callers, from real processes.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use serde_json::{Value, json};

use super::support::{Sandbox, eventually};

const TEXT: &str = "who am i";

/// Sends to the orchestrator from wherever `run` runs it; the sender's name, or the exit code.
fn sender(sandbox: &Sandbox, ran: &Value) -> Result<String, i64> {
    match ran["code"].as_i64().unwrap() {
        0 => {
            let id = ran["out"].as_str().unwrap().trim();
            Ok(sandbox.message(id)["from"].as_str().unwrap().to_owned())
        }
        code => Err(code),
    }
}

const SEND: [&str; 5] = ["ao", "-q", "send", "shop-orchestrator", TEXT];

#[test]
fn inside_a_session_it_is_that_session_or_nobody() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (a, b) = (sandbox.worker(), sandbox.worker());
    let inside = sandbox.probe(&a);
    let other = sandbox.probe(&b).started()["env"]["AO_SESSION_TOKEN"].clone();
    let me = || Ok(a.clone());
    for (environment, expected) in [
        (json!({}), me()),
        (json!({ "AO_SESSION_ID": null, "AO_SESSION_TOKEN": null }), me()),
        (json!({ "AO_SESSION_TOKEN": null }), me()),
        (json!({ "AO_SESSION_ID": null }), me()),
        (json!({ "AO_ROLE": "orchestrator", "AO_PROJECT_ID": "web" }), me()),
        (json!({ "AO_SESSION_ID": b }), Err(7)),
        (json!({ "AO_SESSION_ID": "shop-orchestrator" }), Err(7)),
        (json!({ "AO_SESSION_ID": "shop-orchestrator", "AO_SESSION_TOKEN": null }), Err(7)),
        (json!({ "AO_SESSION_ID": b, "AO_SESSION_TOKEN": other }), Err(7)),
        (json!({ "AO_SESSION_ID": "garbage ; x" }), Err(7)),
        (json!({ "AO_SESSION_TOKEN": other }), Err(7)),
    ] {
        let ran = inside.run_with(&SEND, environment.clone(), "");
        assert_eq!(sender(&sandbox, &ran), expected, "{environment}: {ran}");
    }
    // A process without any of ao's variables is still inside.
    let path = inside.started()["env"]["PATH"].as_str().unwrap().to_owned();
    let data = format!("AO_DATA_DIR={}", sandbox.data().display());
    let bare = ["env", "-i", &format!("PATH={path}"), &data];
    let ran = inside.run(&[&bare[..], &SEND[..]].concat());
    assert_eq!(sender(&sandbox, &ran), me(), "{ran}");
    // Six were refused, and each refusal can be looked up.
    let denied = sandbox.journal("denied");
    assert_eq!(denied.len(), 6, "{denied:?}");
    for event in &denied {
        assert_eq!(event["session"], a.as_str());
        assert!(event["data"]["pid"].is_u64() && event["data"]["uid"].is_u64(), "{event}");
    }
    let heard = sandbox.probe("shop-orchestrator").hears(6);
    assert!(heard.iter().all(|text| *text == format!("[from {a}] {TEXT}")), "{heard:?}");
}

#[test]
fn a_child_that_has_left_its_parents_is_still_inside() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let out = sandbox.path("out");
    let script = format!(
        "setsid -f sh -c 'setsid -f env -u AO_SESSION_ID -u AO_SESSION_TOKEN \
         ao -q send shop-orchestrator double-forked > {0}.part; sleep 0; mv {0}.part {0}'",
        out.display()
    );
    // The outer shell ends at once; what sends belongs to nobody but the session's host.
    let script = script.replace("; sleep 0; mv", " && mv");
    sandbox.probe(&worker).run(&["sh", "-c", &format!("{script} </dev/null >/dev/null 2>&1")]);
    let heard = sandbox.probe("shop-orchestrator").hears(1);
    assert_eq!(heard, [format!("[from {worker}] double-forked")]);
    eventually(sandbox.root(), "it is done", || out.exists().then_some(()));
}

#[test]
fn outside_every_session_nobody_is_one() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let token = sandbox.probe(&worker).started()["env"]["AO_SESSION_TOKEN"].clone();
    let token = token.as_str().unwrap();
    let send = || sandbox.ao(&SEND[1..]);
    assert_eq!(sandbox.message(&send().ok().line())["from"], "person");
    send().env("AO_SESSION_ID", &worker).fails(7);
    send().env("AO_SESSION_ID", &worker).env("AO_SESSION_TOKEN", token).fails(7);
    send().env("AO_SESSION_TOKEN", token).fails(7);
    send().env("AO_SESSION_ID", &worker).env("AO_SESSION_TOKEN", "garbage").fails(7);
    send().env("AO_SESSION_TOKEN", "garbage").fails(7);
    assert_eq!(sandbox.journal("denied").len(), 5);
    assert_eq!(sandbox.probe("shop-orchestrator").hears(1), [TEXT]);
    // The same by the API itself.
    let body = json!({ "text": "by curl" }).to_string();
    let path = format!("/sessions/{worker}/messages");
    for headers in [
        &["ao-session: shop-orchestrator"][..],
        &[&format!("ao-token: {token}")],
        &["ao-session: shop-1", &format!("ao-token: {token}")],
    ] {
        let answer = sandbox.curl("POST", &path, Some(&body), headers);
        assert_eq!(answer.error(403), "unverified", "{headers:?}");
    }
}

#[test]
fn agents_may_do_what_the_table_says() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (a, b) = (sandbox.worker(), sandbox.worker());
    let web = sandbox.repository("web");
    sandbox.ao(&["start"]).dir(web.path()).ok();
    let foreign = "web-orchestrator";
    let run = |session: &str, argv: &[&str]| {
        let mut words = vec!["ao"];
        words.extend(argv);
        let ran = sandbox.probe(session).run(&words);
        (ran["code"].as_i64().unwrap(), ran["err"].as_str().unwrap().to_owned())
    };
    for argv in [
        &["spawn", "x"][..],
        &["kill", &b],
        &["kill", &a],
        &["orchestrator", "relaunch"],
        &["orchestrator", "stop"],
        &["logs", &b],
        &["screen", &b],
        &["send", foreign, "x"],
        &["show", foreign],
        &["stop"],
        &["project", "rm", "shop"],
        &["project", "add", web.path().to_str().unwrap()],
        &["attach", &b],
    ] {
        let (code, error) = run(&a, argv);
        // A terminal is asked for first by attach.
        let expected = if argv[0] == "attach" { 2 } else { 7 };
        assert_eq!(code, expected, "a worker, {argv:?}: {error}");
    }
    for argv in [&["send", &b, "x"][..], &["ls"], &["show", &a], &["logs", &a], &["screen", &a]] {
        let (code, error) = run(&a, argv);
        assert_eq!(code, 0, "a worker, {argv:?}: {error}");
    }
    let orchestrator = "shop-orchestrator";
    for argv in [
        &["kill", orchestrator][..],
        &["orchestrator", "relaunch"],
        &["orchestrator", "stop"],
        &["kill", foreign],
        &["send", foreign, "x"],
        &["screen", foreign],
        &["stop", "--sessions", "--yes"],
        &["project", "rm", "web"],
        &["config", "set", "agent", "claude"],
        &["spawn", "--project", "web", "x"],
    ] {
        let (code, error) = run(orchestrator, argv);
        assert_eq!(code, 7, "an orchestrator, {argv:?}: {error}");
    }
    for argv in
        [&["screen", &b][..], &["logs", &b], &["send", &b, "x"], &["kill", &b], &["spawn", "x"]]
    {
        let (code, error) = run(orchestrator, argv);
        assert_eq!(code, 0, "an orchestrator, {argv:?}: {error}");
    }
    assert_eq!(sandbox.session("shop-3")["spawned_by"], orchestrator);
    let denied = sandbox.journal("denied");
    assert_eq!(denied.len(), 12 + 9, "each denial by the supervisor is one event: {denied:#?}");
}

#[test]
fn nothing_inside_a_session_starts_a_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let probe = sandbox.probe("shop-orchestrator");
    sandbox.ao(&["stop"]).ok();
    for argv in [&["ao", "ls"][..], &["ao", "send", "shop-1", "x"], &["ao", "supervisor"]] {
        for environment in
            [json!({}), json!({ "AO_SESSION_ID": null, "AO_SESSION_TOKEN": null, "AO_ROLE": null })]
        {
            let ran = probe.run_with(argv, environment.clone(), "");
            assert_eq!(ran["code"], 8, "{argv:?} {environment}: {ran}");
        }
    }
    let ran = probe.run_with(&["ao", "hook", "any", "turn-ended"], json!({}), "{}");
    assert_eq!(ran["code"], 0, "a hook never fails its agent: {ran}");
    let status = sandbox.ao(&["status"]).json();
    assert_eq!(status["supervisor"]["pid"], Value::Null);
    // What the hook said meanwhile is not lost.
    sandbox.ao(&["ls"]).ok();
    assert_eq!(sandbox.session("shop-orchestrator")["status"], "idle");
}

/// Its first words come before its host is on record: each commit of the supervisor is made slow.
#[test]
fn an_agent_that_is_faster_than_its_launch_is_known() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    sandbox.ao(&["stop"]).ok();
    let mut slow = sandbox.command("strace");
    slow.args(["-f", "-qq", "-b", "execve", "-o", "/dev/null", "-e", "signal=none"]);
    slow.args(["-e", "trace=fsync", "-e", "inject=fsync:delay_enter=100000"]);
    slow.args([env!("CARGO_BIN_EXE_ao"), "supervisor"]);
    let mut slow = slow.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually(&sandbox.data(), "it is up", || UnixStream::connect(sandbox.socket()).ok());
    for _ in 0..3 {
        let worker = sandbox.worker();
        assert_eq!(sandbox.session(&worker)["status_source"], "hook");
    }
    let denied = sandbox.journal("denied");
    sandbox.ao(&["stop"]).ok();
    slow.wait().unwrap();
    assert!(denied.is_empty(), "{denied:?}");
}

/// Also where somebody has opened what ao keeps closed: another user is not heard, by nobody.
#[test]
fn another_user_gets_no_answer() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("only root can act as another user: this was not looked at");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let run = sandbox.data().join("run").canonicalize().unwrap();
    let open = |path: &std::path::Path| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    };
    let mut sockets = Vec::new();
    for folder in run.ancestors().take_while(|folder| *folder != std::path::Path::new("/tmp")) {
        open(folder);
    }
    let mut folders = vec![run];
    while let Some(folder) = folders.pop() {
        open(&folder);
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_socket() {
                open(&entry.path());
                sockets.push(entry.path());
            }
        }
    }
    assert!(sockets.len() >= 3, "the supervisor's and two hosts': {sockets:?}");
    let stranger = |socket: &std::path::Path, method: &str, path: &str| {
        let mut command = sandbox.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "curl", "--silent"]);
        command.args(["--max-time", "10", "-X", method, "-d", "{}", "--unix-socket"]);
        command.arg(socket).arg(format!("http://ao/api/v1{path}")).current_dir("/");
        let output = command.output().unwrap();
        (output.status.code(), output.stdout)
    };
    for socket in &sockets {
        for (method, path) in [
            ("GET", "/health"),
            ("GET", "/status"),
            ("GET", "/sessions"),
            ("GET", "/events"),
            ("POST", "/sessions"),
            ("POST", "/stop"),
            ("POST", &format!("/sessions/{worker}/messages")),
            ("POST", &format!("/sessions/{worker}/kill")),
            ("POST", &format!("/sessions/{worker}/attach")),
        ] {
            let (code, answer) = stranger(socket, method, path);
            assert_ne!(code, Some(0), "{} {method} {path}", socket.display());
            assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
        }
    }
    let denied = sandbox.journal("denied");
    assert!(denied.len() >= 9, "each try is an event: {denied:?}");
    assert!(denied.iter().all(|event| event["data"]["uid"] == 65534), "{denied:?}");
    assert_eq!(sandbox.session(&worker)["phase"], "live");
    let list = sandbox.ao(&["ls"]).json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(sandbox.ao(&["messages"]).json()["messages"], json!([]));
}
