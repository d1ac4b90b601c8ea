//! `ao usage`: tokens by session, role, project and day, the shape of prompts, lost caches.

use serde_json::{Value, json};

use super::support::{Probe, Sandbox};

fn turn(probe: &Probe, usage: &Value) {
    for (event, payload) in
        [("prompt-submitted", json!({ "text": "go" })), ("turn-ended", json!({ "usage": usage }))]
    {
        let ran = probe.run_with(&["ao", "hook", "any", event], json!({}), &payload.to_string());
        assert_eq!(ran["code"], 0, "{ran}");
    }
}

/// A model call as Anthropic counts it.
fn call(input: u64, read: u64, write: u64, output: u64) -> Value {
    json!({ "provider": "anthropic", "model": "m-1", "exact": true, "input_tokens": input,
        "cache_read_input_tokens": read, "cache_creation_input_tokens": write,
        "output_tokens": output })
}

#[test]
fn tokens_are_summed_up_by_what_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let prices = "[[price]]\nmodel = \"m-*\"\ninput = 1\noutput = 10\ncache_read = 0.1\n";
    std::fs::write(sandbox.config().join("prices.toml"), prices).unwrap();
    turn(&sandbox.probe(&worker), &call(10, 0, 5000, 100));
    turn(&sandbox.probe(&worker), &call(10, 5000, 200, 50));
    let openai = json!({ "provider": "openai", "model": "o", "input_tokens": 1000,
        "cached_input_tokens": 800, "output_tokens": 5, "reasoning_output_tokens": 2 });
    turn(&sandbox.probe("shop-orchestrator"), &openai);
    let by = |kind: &str| sandbox.ao(&["--project", "shop", "usage", "--by", kind]).json();
    let sessions = by("session");
    let row = |list: &Value, key: &str| -> Value {
        let rows = list["usage"].as_array().unwrap();
        rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{list}")).clone()
    };
    let own = row(&sessions, &worker);
    assert_eq!((&own["calls"], &own["turns"]), (&2.into(), &2.into()));
    assert_eq!((&own["input"], &own["cache_read"]), (&20.into(), &5000.into()));
    assert_eq!((&own["cache_write"], &own["output"]), (&5200.into(), &150.into()));
    let cost = own["cost_usd"].as_f64().unwrap();
    assert!((cost - (20.0 + 1500.0 + 500.0 + 5200.0) / 1e6).abs() < 1e-9, "{cost}");
    let other = row(&sessions, "shop-orchestrator");
    assert_eq!((&other["input"], &other["hit_rate"]), (&200.into(), &0.8.into()));
    assert_eq!((&other["reasoning"], &other["exact"]), (&2.into(), &false.into()));
    assert!(other["cost_usd"].is_null());
    assert_eq!(other["unpriced"], json!(["o"]));
    let roles = by("role");
    assert_eq!(row(&roles, "worker")["output"], 150);
    assert_eq!(row(&by("project"), "shop")["output"], 155);
    assert_eq!(row(&by("model"), "o")["output"], 5);
    let days = by("day");
    assert_eq!(days["total"]["calls"], 3);
    assert_eq!(days["usage"][0]["key"].as_str().unwrap().len(), "2026-01-01".len());
    let none = sandbox.ao(&["usage", "--since", "2970-01-01"]).json();
    assert_eq!(none["total"]["calls"], 0);
    let text = sandbox.ao(&["--project", "shop", "usage"]).ok().out();
    for part in [worker.as_str(), "total", "5.0k", "80.0 %"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    sandbox.ao(&["usage", "--by", "colour"]).fails(2);
}

#[test]
fn a_lost_cache_is_an_event_and_turns_have_their_shape() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    turn(&probe, &call(10, 0, 5000, 1));
    turn(&probe, &call(10, 5000, 300, 1));
    assert!(sandbox.journal("cache_break").is_empty());
    turn(&probe, &call(10, 0, 5400, 1));
    let breaks = sandbox.journal("cache_break");
    assert_eq!(breaks.len(), 1);
    let data = &breaks[0]["data"];
    assert_eq!((&data["held"], &data["read"]), (&5300.into(), &0.into()));
    assert_eq!((&data["lost"], &data["turn"]), (&5300.into(), &3.into()));
    assert_eq!(breaks[0]["session"], worker.as_str());
    let usage = sandbox.ao(&["usage", &worker]).json();
    let turns = usage["turns"].as_array().unwrap();
    assert_eq!(turns[0]["shape"], json!({ "prefix": 5000, "history": 0, "fresh": 10 }));
    assert_eq!(turns[1]["shape"], json!({ "prefix": 5000, "history": 0, "fresh": 310 }));
    assert_eq!(turns[2]["shape"], json!({ "prefix": 0, "history": 0, "fresh": 5410 }));
    assert_eq!(turns[2]["cumulative"]["cache_write"], 10_700);
    assert_eq!(usage["total"]["cache_breaks"], 1);
    let text = sandbox.ao(&["usage", &worker]).ok().out();
    for part in ["█", "░", "turn 3: the cache was lost, 0 of 5.3k read"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    sandbox.ao(&["usage", "shop-9"]).fails(3);
}

#[test]
fn a_worker_sees_its_own_tokens_only() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (one, two) = (sandbox.worker(), sandbox.worker());
    let probe = sandbox.probe(&one);
    assert_eq!(probe.run(&["ao", "usage", &one])["code"], 0);
    assert_eq!(probe.run(&["ao", "usage", &two])["code"], 7);
    assert_eq!(probe.run(&["ao", "usage"])["code"], 7);
    let orchestrator = sandbox.probe("shop-orchestrator");
    assert_eq!(orchestrator.run(&["ao", "usage", &two])["code"], 0);
    assert_eq!(orchestrator.run(&["ao", "usage", "--by", "role"])["code"], 0);
}
