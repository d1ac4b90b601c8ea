//! What is checked of an agent, one thing after the other in one world.

use std::time::Duration;

use serde_json::Value;

use super::forms;
use super::model::{Act, WAIT, mark};
use super::world::World;
use crate::agents::Check;

/// How long an agent may take to come up, or to end a turn.
const PATIENCE: Duration = Duration::from_secs(90);
/// The same, as an argument.
const PATIENCE_S: &str = "90";
/// How long a call may take that waits for nothing.
const SOON: Duration = Duration::from_secs(30);

/// Runs all checks. One that fails does not stop the others, but for `start`.
pub async fn check(world: &World) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut note = |name: &str, came: Result<String, String>| {
        let passed = came.is_ok();
        let found = came.unwrap_or_else(|why| why);
        checks.push(Check { name: name.to_owned(), passed, found });
        passed
    };
    let id = match start(world).await {
        Ok(id) => id,
        Err(why) => {
            note("start", Err(why));
            return checks;
        }
    };
    note("start", Ok("its task was submitted, and its turn ended".to_owned()));
    note("idle", idle(world, &id).await);
    note("lines", lines(world, &id).await);
    note("busy", busy(world, &id).await);
    if world.asks {
        note("dialog", dialog(world, &id).await);
    }
    note("resume", resume(world, &id).await);
    checks
}

/// Spawns it with a task, and waits for the end of that turn.
async fn start(world: &World) -> Result<String, String> {
    let task = format!("This is a check. {}", mark(0, Act::Say));
    let mut spawn = vec!["spawn"];
    if world.asks {
        spawn.extend(["--permission", "ask"]);
    }
    spawn.push(&task);
    let answer = world.ao(&spawn, SOON).await?;
    let id = answer["session"]["id"].as_str().unwrap_or_default().to_owned();
    if !world.model.hears(&mark(0, Act::Say), PATIENCE).await {
        return Err(stuck(world, &id, "the model was not asked").await);
    }
    until(world, &id, "idle").await?;
    Ok(id)
}

/// Messages to an idle agent.
async fn idle(world: &World, id: &str) -> Result<String, String> {
    for number in 1..=3 {
        let message = send(world, id, &mark(number, Act::Say)).await?;
        world
            .ao(&["wait", &message, "--for", "reply", "--timeout", PATIENCE_S], PATIENCE + SOON)
            .await?;
    }
    once_in_order(world, 1..4)?;
    Ok("3 messages, each submitted once and answered".to_owned())
}

/// A message of several lines arrives as it is.
async fn lines(world: &World, id: &str) -> Result<String, String> {
    let text = format!("first line\n\n  third \"quoted\" `line`\n{}", mark(4, Act::Say));
    let message = send(world, id, &text).await?;
    world
        .ao(&["wait", &message, "--for", "reply", "--timeout", PATIENCE_S], PATIENCE + SOON)
        .await?;
    let third = "third \\\"quoted\\\" `line`";
    if world.model.hears(third, SOON).await {
        Ok("line breaks, quotes and blanks are kept".to_owned())
    } else {
        Err("the model was told something else than was sent".to_owned())
    }
}

/// Messages to an agent at work.
async fn busy(world: &World, id: &str) -> Result<String, String> {
    send(world, id, &mark(10, Act::Wait)).await?;
    until_event(world, id, "working").await?;
    let mut sent = Vec::new();
    for number in 11..=13 {
        sent.push(send(world, id, &mark(number, Act::Say)).await?);
    }
    for message in &sent {
        world
            .ao(&["wait", message, "--for", "submitted", "--timeout", PATIENCE_S], PATIENCE + SOON)
            .await?;
    }
    if !world.model.hears(&mark(13, Act::Say), PATIENCE + WAIT).await {
        return Err("the last message did not reach the model".to_owned());
    }
    once_in_order(world, 11..14)?;
    until(world, id, "idle").await?;
    Ok("3 messages while it worked, each submitted once and in order".to_owned())
}

/// A message while a dialog is open waits, and does not answer it.
async fn dialog(world: &World, id: &str) -> Result<String, String> {
    send(world, id, &mark(20, Act::Run)).await?;
    until_event(world, id, "needs_permission").await?;
    let held = send(world, id, &mark(21, Act::Say)).await?;
    let waited = world.ao(&["wait", &held, "--for", "written", "--timeout", "4"], SOON).await;
    let shown = world.ao(&["messages", id], SOON).await?;
    let ran = world.has_file(id, ran()).await;
    match (waited, ran) {
        (_, true) => Err("the dialog was answered by a message".to_owned()),
        (Ok(_), _) => Err(format!("the message was typed into the dialog: {shown}")),
        (Err(_), false) => Ok("a message waits while a dialog is open".to_owned()),
    }
}

/// After a kill its conversation goes on.
async fn resume(world: &World, id: &str) -> Result<String, String> {
    world.ao(&["kill", id], SOON).await?;
    let restored = world.ao(&["restore", id], SOON).await?;
    if restored["resumed"] != true {
        return Err("it begins a new conversation".to_owned());
    }
    let message = send(world, id, &mark(30, Act::Say)).await?;
    world
        .ao(&["wait", &message, "--for", "reply", "--timeout", PATIENCE_S], PATIENCE + SOON)
        .await?;
    if world.model.heard_together(&mark(30, Act::Say), &mark(1, Act::Say)) {
        Ok("its conversation goes on after a kill".to_owned())
    } else {
        Err("it has forgotten what was said before".to_owned())
    }
}

async fn send(world: &World, id: &str, text: &str) -> Result<String, String> {
    let answer = world.ao(&["send", id, text], SOON).await?;
    Ok(answer["message"]["id"].as_str().unwrap_or_default().to_owned())
}

async fn until(world: &World, id: &str, what: &str) -> Result<(), String> {
    let wait = ["wait", id, "--for", what, "--timeout", PATIENCE_S];
    match world.ao(&wait, PATIENCE + SOON).await {
        Ok(_) => Ok(()),
        Err(_) => Err(stuck(world, id, &format!("it did not become {what}")).await),
    }
}

/// Waits until the status has come to be this.
async fn until_event(world: &World, id: &str, status: &str) -> Result<(), String> {
    let begun = tokio::time::Instant::now();
    let mut shown = Value::Null;
    while begun.elapsed() < PATIENCE {
        shown = world.ao(&["show", id], SOON).await?;
        if shown["session"]["status"] == status {
            return Ok(());
        }
        // `ao wait` knows no states that come and go.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(format!("it did not become {status}, but {}", shown["session"]["status"]))
}

/// What went wrong, with what its terminal shows.
async fn stuck(world: &World, id: &str, what: &str) -> String {
    let shown = world.ao(&["show", id], SOON).await.unwrap_or_default();
    let lines = shown["last_lines"].as_array().cloned().unwrap_or_default();
    let last: Vec<&str> = lines.iter().rev().take(6).rev().filter_map(Value::as_str).collect();
    format!("{what}; its terminal shows: {}", last.join(" | "))
}

/// The messages with these numbers have been told each once, in their order.
fn once_in_order(world: &World, numbers: std::ops::Range<u32>) -> Result<(), String> {
    let told = world.model.told(numbers.clone());
    if told == numbers.collect::<Vec<u32>>() {
        Ok(())
    } else {
        Err(format!("the model was told of the messages {told:?}"))
    }
}

/// The file that the command makes.
fn ran() -> &'static str {
    forms::COMMAND.rsplit(' ').next().unwrap_or_default()
}
