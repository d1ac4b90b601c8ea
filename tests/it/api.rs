//! The contract by curl, and peers that do not keep to it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::json;

use super::support::{Process, Sandbox};

#[test]
fn reuses_relaunches_cleanly_and_knows_conflicts() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let post = |body| sandbox.post("/orchestrators", &body);
    let first = post(json!({ "project": "shop" })).ok();
    assert_eq!(first["outcome"], "started");
    assert_eq!(first["orchestrator"], "shop-orchestrator");
    let reused = post(json!({ "project": "shop" })).ok();
    assert_eq!(reused["outcome"], "reused");
    assert_eq!(reused["session"]["agent_pid"], first["session"]["agent_pid"]);
    let old = Process::of(first["session"]["agent_pid"].as_u64().unwrap());
    let clean = post(json!({ "project": "shop", "clean": true })).ok();
    assert_eq!(clean["outcome"], "relaunched");
    assert_eq!(clean["session"]["id"], "shop-orchestrator");
    assert_eq!(clean["session"]["generation"], 2);
    assert!(!old.is_alive());
    assert_eq!(post(json!({ "project": "nope" })).error(404), "not_found");
    assert_eq!(
        post(json!({ "project": "shop", "clean": true, "mode": "resume" })).error(400),
        "usage"
    );
    assert_eq!(post(json!({ "project": "shop", "mode": "again" })).error(400), "usage");
    let list = sandbox.get("/orchestrators").ok();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(shop.worktrees().len(), 2);
}

#[test]
fn its_name_is_reserved() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    shop.git(&["branch", "orchestrator/shop-orchestrator"]);
    let answer = sandbox.post("/orchestrators", &json!({ "project": "shop" }));
    assert_eq!(answer.error(409), "conflict");
    assert_eq!(sandbox.get("/sessions?all=true").ok()["sessions"], json!([]));
    let taken = json!({ "project": "shop", "branch": "orchestrator/shop-orchestrator" });
    assert_eq!(sandbox.post("/sessions", &taken).error(409), "conflict");
}

#[test]
fn many_at_once_get_one_orchestrator() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let pids: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            let answer = sandbox.post("/orchestrators", &json!({ "project": "shop" })).ok();
            answer["session"]["agent_pid"].as_u64().unwrap()
        };
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(pids.windows(2).all(|pair| pair[0] == pair[1]), "{pids:?}");
    assert_eq!(sandbox.journal("session.reserved").len(), 1);
}

#[test]
fn a_script_can_do_the_main_job() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    assert_eq!(sandbox.get("/health").ok()["ready"], true);
    assert_eq!(sandbox.get("/version").ok()["protocol"], 1);
    let spawned = sandbox.post("/sessions", &json!({ "project": "shop", "prompt": "work" })).ok();
    let id = spawned["session"]["id"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.probe(&id).hears(1), ["work"]);
    let path = format!("/sessions/{id}/messages");
    let key = ["idempotency-key: one"];
    let body = json!({ "text": "hello" }).to_string();
    let sent = sandbox.curl("POST", &path, Some(&body), &key).ok();
    let again = sandbox.curl("POST", &path, Some(&body), &key).ok();
    assert_eq!(sent["message"]["id"], again["message"]["id"]);
    let other = json!({ "text": "other" }).to_string();
    assert_eq!(sandbox.curl("POST", &path, Some(&other), &key).error(409), "conflict");
    assert_eq!(sandbox.probe(&id).hears(2)[1], "hello");
    let message = sent["message"]["id"].as_str().unwrap();
    sandbox.get(&format!("/messages/{message}/wait?for=submitted&timeout_s=30")).ok();
    assert_eq!(sandbox.get(&path).ok()["messages"].as_array().unwrap().len(), 2);
    sandbox.get(&format!("/sessions/{id}/screen")).ok();
    sandbox.get(&format!("/sessions/{id}/logs")).ok();
    let killed = sandbox.post(&format!("/sessions/{id}/kill"), &json!({})).ok();
    assert_eq!(killed["session"]["phase"], "ended");
    let dead = sandbox.post(&path, &json!({ "text": "late" }));
    assert_eq!(dead.error(410), "not_running");
}

#[test]
fn what_is_not_understood_is_refused_with_the_one_shape() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let before = sandbox.get("/sessions?all=true").ok();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested =
        format!("{{\"project\":\"shop\",\"prompt\":{}1{}}}", "[".repeat(9000), "]".repeat(9000));
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "{\"project\":1}",
        "{\"project\":\"shop\",\"promt\":\"x\"}",
        "{\"project\":\"shop\",\"command\":[]}",
        "{\"project\":\"shop\",\"command\":\"sh -c x\"}",
        &deep,
        &nested,
    ] {
        let answer = sandbox.curl("POST", "/sessions", Some(body), &[]);
        let shown: String = body.chars().take(60).collect();
        assert!(matches!(answer.status, 400 | 404), "{shown}: {} {}", answer.status, answer.body);
        answer.error(answer.status);
        assert!(answer.body["error"]["request_id"].as_str().unwrap().starts_with("r-"));
    }
    for (method, path, status) in [
        ("GET", "/nope", 404),
        ("DELETE", "/sessions", 400),
        ("GET", "/sessions/..%2f..%2fetc", 404),
        ("GET", "/sessions/shop-1%00", 404),
        ("GET", "/messages/m-zzzzzz", 404),
        ("GET", "/events?since=minus", 400),
        ("GET", "/sessions/shop-9/wait?for=never", 400),
    ] {
        let answer = sandbox.curl(method, path, None, &[]);
        assert!(
            answer.status == status || (answer.status == 404 && status == 400),
            "{method} {path}: {} {}",
            answer.status,
            answer.body
        );
        answer.error(answer.status);
    }
    assert_eq!(sandbox.get("/sessions?all=true").ok(), before);
    let huge = format!("{{\"text\":\"{}\"}}", "x".repeat(9 * 1024 * 1024));
    let answer = sandbox.curl("POST", "/sessions/shop-1/messages", Some(&huge), &[]);
    assert_eq!(answer.error(413), "too_large");
}

#[test]
fn another_protocol_is_told_which_side_is_older() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    for (theirs, older) in [("0", "the command"), ("2", "the supervisor"), ("x", "the supervisor")]
    {
        let answer = sandbox.curl("GET", "/sessions", None, &[&format!("ao-protocol: {theirs}")]);
        assert_eq!(answer.error(426), "incompatible");
        let reason = answer.body["error"]["reason"].as_str().unwrap();
        assert!(reason.starts_with(older) && reason.contains("older"), "{reason}");
        sandbox.curl("GET", "/version", None, &[&format!("ao-protocol: {theirs}")]).ok();
    }
}

/// A connection that has said something, and is then left alone.
fn half(sandbox: &Sandbox, said: &[u8]) -> UnixStream {
    let mut stream = UnixStream::connect(sandbox.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // It may be closed already.
    let _ = stream.write_all(said);
    stream
}

#[test]
fn garbage_hurts_nobody_else() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let supervisor = sandbox.supervisor();
    // A simple generator: the seed makes a failure repeatable.
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    println!("SEED={seed}");
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33).to_le_bytes()[0]
    };
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..next()).map(|_| next()).collect();
        drop(half(&sandbox, &bytes));
    }
    for said in [
        &b"POST /api/v1/sessions HTTP/1.1\r\ncontent-length: 4294967296\r\n\r\n{"[..],
        b"POST /api/v1/sessions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"GET /api/v1/health HTTP/9.9\r\n\r\n",
        b"GET http://\x00/ HTTP/1.1\r\n\r\n",
        &[b'A'; 100_000],
    ] {
        drop(half(&sandbox, said));
    }
    assert!(supervisor.is_alive());
    assert_eq!(sandbox.session("shop-orchestrator")["phase"], "live");
}

#[test]
fn half_open_connections_are_closed_and_stop_nobody() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let head = b"POST /api/v1/sessions HTTP/1.1\r\nhost: ao\r\n";
    // More than there are places for.
    let open: Vec<UnixStream> =
        (0..300).map(|n| half(&sandbox, if n % 2 == 0 { head } else { b"" })).collect();
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        let asked = std::time::Instant::now();
        sandbox.curl("GET", "/health", None, &[]).ok();
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    sandbox.ao(&["ls"]).ok();
    assert!(begun.elapsed() < Duration::from_secs(8), "none had to time out for it");
    for mut stream in open {
        let mut rest = Vec::new();
        // Closed by the supervisor, with or without a word; a timeout would be an error.
        match stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(25));
}

/// Followers hold their connections for as long as they live: they are not silent, and stay.
#[test]
fn one_too_many_is_told_that_ao_is_busy() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let head = b"GET /api/v1/events?since=0&follow=true HTTP/1.1\r\nhost: ao\r\n\r\n";
    let mut followers: Vec<UnixStream> = (0..256).map(|_| half(&sandbox, head)).collect();
    for follower in &mut followers {
        let mut begin = [0; 8];
        follower.read_exact(&mut begin).unwrap();
        assert_eq!(&begin, b"HTTP/1.1");
    }
    let error = sandbox.ao(&["ls"]).fails_json(4);
    assert!(error["reason"].as_str().unwrap().contains("ao is busy"), "{error}");
    followers.pop();
    super::support::eventually(sandbox.root(), "a place", || {
        (sandbox.ao(&["ls"]).run().code() == 0).then_some(())
    });
}

/// With hardly any file to open the supervisor lives on, says so, and is itself again afterwards.
#[test]
fn a_supervisor_that_may_open_no_more_files_goes_on() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let first = sandbox.worker();
    let supervisor = sandbox.supervisor();
    let pid = Pid::from_raw(supervisor.pid().cast_signed());
    // Only who may do everything could raise the maximum again.
    let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
    let few = Rlimit { current: Some(64), maximum };
    let before = prlimit(pid, Resource::Nofile, few).unwrap();
    let idle: Vec<UnixStream> = (0..200).map(|_| half(&sandbox, b"")).collect();
    // Told apart from a crash: an answer, or the word that there is no room for one.
    let ran = sandbox.ao(&["ls"]).run();
    assert!([0, 4].contains(&ran.code()), "{}{}", ran.out(), ran.err());
    drop(idle);
    super::support::eventually(sandbox.root(), "an answer", || {
        (sandbox.ao(&["ls"]).run().code() == 0).then_some(())
    });
    let mut live = vec![first];
    let refused = (0..40).find_map(|_| {
        let ran = sandbox.ao(&["-q", "--project", "shop", "spawn"]).run();
        if ran.code() == 0 {
            live.push(ran.line());
            return None;
        }
        Some(ran)
    });
    let refused = refused.expect("there is not room for forty");
    assert_eq!(refused.code(), 4, "{}", refused.err());
    assert!(refused.err().contains("more files"), "{}", refused.err());
    assert!(live.len() > 2, "{live:?}");
    for id in &live {
        assert_eq!(sandbox.session(id)["phase"], "live");
    }
    prlimit(pid, Resource::Nofile, before).unwrap();
    sandbox.worker();
    assert!(supervisor.is_alive());
}
