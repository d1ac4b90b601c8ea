//! Who may do what: every row of the README's table, each verb by each caller about each target, on
//! the supervisor's socket; and who may speak to the sessions' hosts. Each refusal is an event.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Probe, Sandbox, eventually};

const ORCHESTRATOR: &str = "shop-orchestrator";

/// May it be asked by the person, the project's orchestrator, a worker of it? With a dash where it
/// would end what the other rows need, or where nobody can ask it.
type May = &'static str;

/// A request of the API: verb in the event of a refusal, method, path, body, who may.
/// In the path: `{me}` who asks, `{sibling}` a live worker, `{ended}` one that is over, `{own}` the
/// project's orchestrator, `{foreign}` and `{gone}` workers of another project, and messages by
/// their senders.
type Row = (&'static str, &'static str, &'static str, &'static str, May);

const ROWS: &[Row] = &[
    // Send to its own orchestrator, to another session of the project, across projects.
    ("send", "POST", "/sessions/{own}/messages", r#"{"text":"x"}"#, "yes yes yes"),
    ("send", "POST", "/sessions/{sibling}/messages", r#"{"text":"x"}"#, "yes yes yes"),
    ("send", "POST", "/sessions/{foreign}/messages", r#"{"text":"x"}"#, "yes no no"),
    ("send", "POST", "/sessions/web-orchestrator/messages", r#"{"text":"x"}"#, "yes no no"),
    // Spawn. Nobody is an agent, so that nothing is started.
    ("spawn", "POST", "/sessions", r#"{"project":"shop","agent":"nobody"}"#, "yes yes no"),
    ("spawn", "POST", "/sessions", r#"{"project":"web","agent":"nobody"}"#, "yes no no"),
    // Kill, restore, clean, relaunch: own workers, never itself.
    ("manage", "POST", "/sessions/{ended}/kill", "{}", "yes yes no"),
    ("manage", "POST", "/sessions/{sibling}/kill", "{}", "- - no"),
    ("manage", "POST", "/sessions/{me}/kill", "{}", "- no no"),
    ("manage", "POST", "/sessions/{own}/kill", "{}", "- no no"),
    ("manage", "POST", "/sessions/{gone}/kill", "{}", "yes no no"),
    ("manage", "POST", "/sessions/{sibling}/restore", "{}", "yes yes no"),
    ("manage", "POST", "/sessions/{me}/restore", "{}", "- no no"),
    ("manage", "POST", "/sessions/{foreign}/restore", "{}", "yes no no"),
    ("manage", "POST", "/sessions/{ended}/clean", "{}", "yes yes no"),
    ("manage", "POST", "/sessions/{me}/clean", "{}", "- no no"),
    ("manage", "POST", "/sessions/{gone}/clean", "{}", "yes no no"),
    ("manage", "POST", "/orchestrators", r#"{"project":"shop"}"#, "yes no no"),
    ("manage", "POST", "/orchestrators", r#"{"project":"shop","clean":true}"#, "- no no"),
    ("manage", "POST", "/orchestrators", r#"{"project":"web"}"#, "yes no no"),
    ("manage", "POST", "/orchestrators/shop/stop", "{}", "- no no"),
    // Other sessions' output and messages; the states of the own project.
    ("read_output", "GET", "/sessions/{me}/screen", "", "- yes yes"),
    ("read_output", "GET", "/sessions/{sibling}/screen", "", "yes yes no"),
    ("read_output", "GET", "/sessions/{foreign}/screen", "", "yes no no"),
    ("read_output", "GET", "/sessions/{me}/logs", "", "- yes yes"),
    ("read_output", "GET", "/sessions/{sibling}/logs", "", "yes yes no"),
    ("read_output", "GET", "/sessions/{foreign}/logs", "", "yes no no"),
    ("read_output", "GET", "/sessions/{sibling}/result", "", "yes yes no"),
    ("read_output", "GET", "/sessions/{me}/messages", "", "- yes yes"),
    ("read_output", "GET", "/sessions/{sibling}/messages", "", "yes yes no"),
    ("read_output", "GET", "/sessions/{foreign}/messages", "", "yes no no"),
    ("read_output", "POST", "/sessions/{me}/inbox", "{}", "- yes yes"),
    ("read_output", "POST", "/sessions/{sibling}/inbox", "{}", "yes yes no"),
    ("read_output", "POST", "/sessions/{foreign}/inbox", "{}", "yes no no"),
    ("read_output", "GET", "/messages", "", "yes yes no"),
    ("read_output", "GET", "/messages/{by-person}", "", "yes yes no"),
    ("read_status", "GET", "/sessions/{sibling}", "", "yes yes yes"),
    ("read_status", "GET", "/sessions/{own}", "", "yes yes yes"),
    ("read_status", "GET", "/sessions/{foreign}", "", "yes no no"),
    ("read_status", "GET", "/sessions/{ended}/wait?until=exited", "", "yes yes yes"),
    ("read_status", "GET", "/sessions/{gone}/wait?until=exited", "", "yes no no"),
    ("read_status", "GET", "/projects/shop", "", "yes yes yes"),
    ("read_status", "GET", "/projects/web", "", "yes no no"),
    ("read_status", "GET", "/events?limit=1&project=web", "", "yes no no"),
    // Answer permission requests; who is asked about is in their own tests.
    ("read_output", "GET", "/permits", "", "yes yes no"),
    ("read_output", "GET", "/permits?project=web", "", "yes no no"),
    // Retry or drop: those it sent.
    ("manage_message", "POST", "/messages/{by-worker}/drop", "{}", "yes no yes"),
    ("manage_message", "POST", "/messages/{by-orchestrator}/drop", "{}", "yes yes no"),
    ("manage_message", "POST", "/messages/{by-person}/drop", "{}", "yes no no"),
    ("manage_message", "POST", "/messages/{by-worker}/retry", "{}", "yes no yes"),
    ("manage_message", "POST", "/messages/{by-orchestrator}/retry", "{}", "yes yes no"),
    ("manage_message", "POST", "/messages/{by-person}/retry", "{}", "yes no no"),
    // Hooks and reports: each on itself; an orchestrator owns no pull request.
    ("report", "POST", "/sessions/{me}/report", r#"{"state":"checkpoint"}"#, "- yes yes"),
    ("report", "POST", "/sessions/{me}/report", r#"{"state":"pr_created"}"#, "- no yes"),
    ("report", "POST", "/sessions/{sibling}/report", r#"{"state":"done"}"#, "no no no"),
    ("report", "POST", "/sessions/{foreign}/report", r#"{"state":"done"}"#, "no no no"),
    (
        "hook",
        "POST",
        "/sessions/{me}/hook",
        r#"{"generation":1,"event":"turn-ended"}"#,
        "- yes yes",
    ),
    (
        "hook",
        "POST",
        "/sessions/{sibling}/hook",
        r#"{"generation":1,"event":"permission-asked"}"#,
        "no no no",
    ),
    // Attach with keys, and what changes the machine.
    ("attach", "POST", "/sessions/{sibling}/attach", "{}", "yes no no"),
    ("attach", "POST", "/sessions/{me}/attach", "{}", "- no no"),
    ("read_output", "POST", "/sessions/{sibling}/attach", r#"{"read_only":true}"#, "yes yes no"),
    ("read_output", "POST", "/sessions/{foreign}/attach", r#"{"read_only":true}"#, "yes no no"),
    ("attach", "GET", "/zellij/shop", "", "yes no no"),
    ("administer", "POST", "/stop", "{}", "- no no"),
    ("administer", "POST", "/projects", r#"{"path":"/nowhere"}"#, "yes no no"),
    ("administer", "PATCH", "/projects/shop", "{}", "yes no no"),
    ("administer", "DELETE", "/projects/web", "", "yes no no"),
    ("administer", "POST", "/sessions/{ended}/restore-work", "{}", "yes no no"),
];

/// Two projects with an orchestrator, a live and an ended worker each, and a worker that asks.
struct Bed {
    sandbox: Sandbox,
    worker: String,
    sibling: String,
    ended: String,
    foreign: String,
    gone: String,
    /// A message by a worker, by the orchestrator and by the person.
    messages: [String; 3],
}

impl Bed {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.shop();
        let web = sandbox.repository("web");
        sandbox.ao(&["start"]).dir(web.path()).ok();
        let spawn = |project: &str| {
            let id = sandbox.ao(&["-q", "--project", project, "spawn"]).ok().line();
            sandbox.ao(&["wait", &id, "--for", "idle", "--timeout", "30"]).ok();
            id
        };
        let ids = ["shop", "shop", "shop", "web", "web"].map(spawn);
        let [worker, sibling, ended, foreign, gone] = ids;
        for id in [&ended, &gone] {
            sandbox.ao(&["kill", id]).ok();
        }
        let send = |from: &str| {
            let argv = ["ao", "-q", "send", &sibling, "a message"];
            let ran = sandbox.probe(from).run(&argv);
            assert_eq!(ran["code"], 0, "{ran}");
            ran["out"].as_str().unwrap().trim().to_owned()
        };
        let of_person = sandbox.ao(&["-q", "send", &sibling, "a message"]).ok().line();
        let messages = [send(&worker), send(ORCHESTRATOR), of_person];
        sandbox.probe(&sibling).hears(3);
        Self { sandbox, worker, sibling, ended, foreign, gone, messages }
    }

    /// A path for a caller.
    fn path(&self, template: &str, me: &str) -> String {
        [
            ("{me}", me),
            ("{own}", ORCHESTRATOR),
            ("{sibling}", &self.sibling),
            ("{ended}", &self.ended),
            ("{foreign}", &self.foreign),
            ("{gone}", &self.gone),
            ("{by-worker}", &self.messages[0]),
            ("{by-orchestrator}", &self.messages[1]),
            ("{by-person}", &self.messages[2]),
        ]
        .iter()
        .fold(template.to_owned(), |path, (name, value)| path.replace(name, value))
    }

    /// Asks from inside a session; the status of the answer, and its body.
    fn ask_inside(&self, session: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let url = format!("http://ao/api/v1{path}");
        let socket = self.sandbox.socket();
        let mut argv = vec!["curl", "-sS", "--max-time", "50", "-X", method];
        argv.extend(["--write-out", "\n%{http_code}", "--unix-socket", socket.to_str().unwrap()]);
        if !body.is_empty() {
            argv.extend(["-H", "content-type: application/json", "--data-binary", "@-"]);
        }
        argv.push(&url);
        let ran = self.sandbox.probe(session).run_with(&argv, json!({}), body);
        let (text, status) = ran["out"].as_str().unwrap().rsplit_once('\n').unwrap();
        let body = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        (status.parse().unwrap(), body)
    }
}

/// What is refused, as the journal tells: who asked, and for what.
fn denials(sandbox: &Sandbox) -> Vec<(Option<String>, String)> {
    let of = |event: &Value| {
        let data = &event["data"];
        assert!(data["pid"].is_u64() && data["uid"].is_u64(), "{event}");
        assert!(data["reason"].as_str().is_some_and(|why| !why.is_empty()), "{event}");
        let verb = data["verb"].as_str().unwrap().to_owned();
        (event["session"].as_str().map(str::to_owned), verb)
    };
    sandbox.journal("denied").iter().map(of).collect()
}

#[test]
fn every_row_of_the_table_holds_for_every_caller() {
    let bed = Bed::new();
    let mut expected = denials(&bed.sandbox);
    assert!(expected.is_empty(), "{expected:?}");
    for (verb, method, template, body, may) in ROWS {
        let may: Vec<&str> = may.split(' ').collect();
        for (caller, may) in [None, Some(ORCHESTRATOR), Some(&*bed.worker)].iter().zip(&may) {
            if *may == "-" {
                continue;
            }
            let path = bed.path(template, caller.unwrap_or_default());
            let what = format!("{} {method} {path} {body}", caller.unwrap_or("the person"));
            let (status, answer) = match caller {
                Some(session) => bed.ask_inside(session, method, &path, body),
                None => {
                    let body = (!body.is_empty()).then_some(*body);
                    let answer = bed.sandbox.curl(method, &path, body, &[]);
                    (answer.status, answer.body)
                }
            };
            assert_eq!(status != 403, *may == "yes", "{what}: {status} {answer}");
            if status == 403 {
                assert_eq!(answer["error"]["code"], "forbidden", "{what}: {answer}");
                expected.push((caller.map(str::to_owned), (*verb).to_owned()));
            }
        }
    }
    assert_eq!(denials(&bed.sandbox), expected, "each refusal is one event");
    assert_eq!(bed.sandbox.session(&bed.sibling)["phase"], "live");
}

#[test]
fn who_only_says_that_it_is_a_session_may_nothing_at_all() {
    let bed = Bed::new();
    let token = bed.sandbox.probe(&bed.worker).started()["env"]["AO_SESSION_TOKEN"].clone();
    let claims = [
        vec![format!("ao-session: {}", bed.worker)],
        vec![
            format!("ao-session: {}", bed.worker),
            format!("ao-token: {}", token.as_str().unwrap()),
        ],
    ];
    let mut count = 0;
    for (_, method, template, body, _) in ROWS {
        let path = bed.path(template, &bed.worker);
        let body = (!body.is_empty()).then_some(*body);
        for claim in &claims {
            let headers: Vec<&str> = claim.iter().map(String::as_str).collect();
            let answer = bed.sandbox.curl(method, &path, body, &headers);
            assert_eq!(answer.error(403), "unverified", "{method} {path}");
            count += 1;
        }
    }
    let refused = denials(&bed.sandbox);
    assert_eq!(refused.len(), count);
    assert!(refused.iter().all(|(_, verb)| verb == "identify"), "{refused:?}");
}

#[test]
fn a_child_that_has_left_its_parents_has_its_session_s_rights_and_no_more() {
    let bed = Bed::new();
    let out = bed.sandbox.path("out");
    let script = format!(
        "setsid -f sh -c 'setsid -f sh -c \"env -u AO_SESSION_ID -u AO_SESSION_TOKEN \
         -u AO_ROLE ao --json kill {} > {1}.part 2>&1; echo \\$? >> {1}.part; mv {1}.part {1}\"'",
        bed.sibling,
        out.display()
    );
    let script = format!("({script}) </dev/null >/dev/null 2>&1");
    bed.sandbox.probe(&bed.worker).run(&["sh", "-c", &script]);
    let said =
        eventually(bed.sandbox.root(), "it was answered", || std::fs::read_to_string(&out).ok());
    assert!(said.contains("\"forbidden\"") && said.trim_end().ends_with('7'), "{said}");
    assert_eq!(denials(&bed.sandbox), [(Some(bed.worker.clone()), "manage".to_owned())]);
}

/// Says hello to a host from inside a session; what it says.
fn knock(inside: &Probe, socket: &std::path::Path, purpose: Value) -> String {
    let hello = json!({ "protocol": 1, "version": "x", "purpose": purpose });
    inside.knocks(socket, &hello)
}

#[test]
fn a_session_gets_nothing_from_any_host_not_even_with_the_key() {
    let bed = Bed::new();
    let inside = bed.sandbox.probe(&bed.worker);
    let key = std::fs::read_to_string(bed.sandbox.data().join("control-key")).unwrap();
    let key = key.trim();
    let size = json!({ "cols": 80, "rows": 24 });
    let attach = |admission: Value| json!({ "attach": { "admission": admission, "size": size } });
    let socket = |id: &str| bed.sandbox.data().join(format!("run/hosts/{id}.sock"));
    let mut expected = Vec::new();
    for target in [&bed.sibling, &bed.worker, &bed.foreign, ORCHESTRATOR] {
        for (verb, purpose, answer) in [
            ("control", json!({ "control": { "key": key } }), "inside_session"),
            ("control", json!({ "control": { "key": "guessed" } }), "inside_session"),
            ("attach", attach(json!("outside_every_session")), "inside_session"),
            ("attach", attach(json!({ "ticket": "guessed" })), "wrong_ticket"),
        ] {
            let said = knock(&inside, &socket(target), purpose.clone());
            assert!(said.contains(answer), "{target} {purpose}: {said}");
            expected.push((Some(bed.worker.clone()), verb.to_owned()));
        }
    }
    let told = eventually(&bed.sandbox.data(), "each refusal is an event", || {
        let told = denials(&bed.sandbox);
        (told.len() >= expected.len()).then_some(told)
    });
    let sorted = |mut rows: Vec<(Option<String>, String)>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(told), sorted(expected));
    // A person is let in where nobody is over the door.
    bed.sandbox.ao(&["screen", &bed.sibling]).within(Duration::from_secs(30)).ok();
}
