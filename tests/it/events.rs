//! `ao events` and the event stream.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::support::{Events, Sandbox};

#[test]
fn replays_and_goes_on_without_a_hole() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let all = sandbox.ao(&["events", "--since", "0", "--limit", "1000"]).json();
    let all = all["events"].as_array().unwrap();
    let numbers: Vec<u64> = all.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let mut followed = Events::since(&sandbox, numbers[2]);
    let first = followed.until("the next one", |_| true);
    assert_eq!(first["seq"].as_u64().unwrap(), numbers[3]);
    let worker = sandbox.worker();
    let mut last = first["seq"].as_u64().unwrap();
    let mut live = false;
    followed.until("the worker is idle", |event| {
        let seq = event["seq"].as_u64().unwrap();
        assert_eq!(seq, last + 1);
        last = seq;
        live |= event["kind"] == "session.live" && event["session"] == worker.as_str();
        event["session"] == worker.as_str() && event["data"]["activity"] == "idle"
    });
    assert!(live);
}

#[test]
fn goes_on_over_a_restart_of_the_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut followed = sandbox.events();
    followed.session("session.live", "shop-orchestrator");
    sandbox.supervisor().kill();
    let worker = sandbox.worker();
    followed.session("session.live", &worker);
}

#[test]
fn filters_by_session_project_and_kind() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let other = sandbox.repository("web");
    sandbox.ao(&["start"]).dir(other.path()).ok();
    let list = |args: &[&str]| {
        let mut words = vec!["events", "--since", "0"];
        words.extend(args);
        sandbox.ao(&words).json()["events"].as_array().unwrap().clone()
    };
    let by_session = list(&["--session", &worker]);
    assert!(by_session.iter().all(|event| event["session"] == worker.as_str()));
    assert!(by_session.len() > 3);
    assert!(list(&["--project", "web"]).iter().all(|event| event["project"] == "web"));
    let live = list(&["--kind", "session.live"]);
    assert_eq!(live.len(), 3);
    assert_eq!(list(&["--limit", "2"]).len(), 2);
}

#[test]
fn curl_gets_a_stream_of_numbered_events_and_resumes_it() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let read = |headers: &[&str], path: &str, count: usize| -> Vec<(u64, Value)> {
        let mut command = std::process::Command::new("curl");
        command.args(["-sSN", "--max-time", "50", "--unix-socket"]).arg(sandbox.socket());
        for header in headers {
            command.args(["-H", header]);
        }
        command.arg(format!("http://ao/api/v1{path}"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut id, mut events) = (None, Vec::new());
        for line in lines {
            if let Some(text) = line.strip_prefix("id:") {
                id = text.trim().parse().ok();
            } else if let Some(text) = line.strip_prefix("data:") {
                let data: Value = serde_json::from_str(text.trim()).unwrap();
                events.push((id.take().unwrap(), data));
                if events.len() == count {
                    break;
                }
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        events
    };
    let all = read(&[], "/events?follow=true&since=0", 6);
    for (number, (id, data)) in (1..).zip(&all) {
        assert_eq!(*id, number);
        assert_eq!(data["seq"], number);
    }
    let rest = read(&["Last-Event-ID: 4"], "/events?follow=true&since=0", 2);
    assert_eq!(rest, all[4..], "the header is the more recent word");
}
