//! The scripted agent of workflows: told a prompt on standard input, it does what the prompt says
//! and writes down that it ran. Without an order it answers `R(prompt)` and 25 tokens.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};

fn main() {
    let mut prompt = String::new();
    std::io::stdin().read_to_string(&mut prompt).unwrap();
    let turn: u32 = std::env::var("AO_TURN").unwrap().parse().unwrap();
    if turn == 1 {
        log("ran", &prompt);
    } else {
        log("turn", &prompt);
    }
    // The order is in the first lines; what follows is a complaint, or how to answer.
    for more in ["\n\nYou", "\n\nAnswer with one JSON"] {
        prompt.truncate(prompt.find(more).unwrap_or(prompt.len()));
    }
    if std::env::var_os("FAKE_BY_SCHEMA").is_some() {
        return by_schema();
    }
    if let Some(order) = prompt.strip_prefix("!once ") {
        let state = std::env::var("FAKE_STATE").unwrap();
        let name: String = prompt.bytes().map(|byte| format!("{byte:02x}")).collect();
        let first = OpenOptions::new().create_new(true).write(true).open(format!("{state}/{name}"));
        if first.is_ok() {
            return tell(json!({ "event": "failed", "why": "once", "message": "the first time" }));
        }
        return act(order, turn);
    }
    if let Some(order) = prompt.strip_prefix("!limited ") {
        let state = std::env::var("FAKE_STATE").unwrap();
        let mark = format!("{state}/limited");
        if OpenOptions::new().create_new(true).write(true).open(mark).is_ok() {
            let message = "try again in 2 seconds";
            return tell(json!({ "event": "failed", "why": "usage_limit", "message": message }));
        }
        return act(order, turn);
    }
    act(&prompt, turn);
}

fn act(prompt: &str, turn: u32) {
    let (word, rest) = prompt.split_once(' ').unwrap_or((prompt, ""));
    let number = || rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "!text" => print!("{rest}"),
        "!empty" => {}
        "!json" => submit(rest),
        "!bad" => submit(r#"{"bad":true}"#),
        "!bad2" if turn <= 2 => submit(r#"{"bad":true}"#),
        "!bad2" => submit(rest),
        "!fail" => tell(json!({ "event": "failed", "why": rest, "message": "the model failed" })),
        "!sleep" => {
            std::thread::sleep(Duration::from_millis(number().0.parse().unwrap()));
            log("over", number().1);
            act(number().1, turn);
        }
        "!tools" => {
            for _ in 0..number().0.parse().unwrap() {
                tell(json!({ "event": "tool_started" }));
                log("tool", rest);
                std::thread::sleep(Duration::from_millis(50));
            }
            act(number().1, turn);
        }
        "!tok" => {
            tell(json!({ "event": "usage", "output_tokens": number().0.parse::<u64>().unwrap() }));
            print!("R({})", number().1);
        }
        "!write" => {
            std::fs::write(number().0, number().0).unwrap();
            act(number().1, turn);
        }
        "!big" => print!("{}", "x".repeat(rest.parse().unwrap())),
        "!told" => {
            let told = |name: &str| std::env::var(name).unwrap_or_default();
            let role = std::fs::read_to_string(told("AO_SYSTEM_PROMPT_FILE")).unwrap_or_default();
            print!("{role}|{}|{}", told("AO_CAPABILITIES"), told("AO_MODEL"));
        }
        "!crash" => std::process::exit(137),
        "!hang" => std::thread::sleep(Duration::from_secs(100_000)),
        _ => {
            tell(json!({ "event": "usage", "output_tokens": 25 }));
            print!("R({prompt})");
        }
    }
}

/// The smallest thing that the schema allows.
fn by_schema() {
    let Ok(file) = std::env::var("AO_SCHEMA_FILE") else { return print!("words") };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    print!("{}", smallest(&schema));
}

fn smallest(schema: &Value) -> Value {
    if let Some(all) = schema["enum"].as_array() {
        return all[0].clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let fields = schema["properties"].as_object().unwrap();
            fields.iter().map(|(name, schema)| (name.clone(), smallest(schema))).collect()
        }
        Some("array") => json!([smallest(&schema["items"])]),
        Some("integer") => json!(7),
        Some("boolean") => json!(true),
        _ => json!("text"),
    }
}

fn submit(text: &str) {
    let value: Value = serde_json::from_str(text).unwrap();
    tell(json!({ "event": "result", "value": value }));
}

fn tell(event: Value) {
    let path = std::env::var("AO_EVENTS").unwrap();
    let mut pipe = OpenOptions::new().write(true).open(path).unwrap();
    pipe.write_all(format!("{event}\n").as_bytes()).unwrap();
}

/// One line, whole: appended in one write.
fn log(what: &str, prompt: &str) {
    let path = std::env::var("FAKE_LOG").unwrap();
    let line = format!("{}\n", json!([what, prompt]));
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}
