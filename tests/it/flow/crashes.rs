//! G13: nothing that has finished runs twice, whatever is killed when.

use std::time::Duration;

use serde_json::json;

use super::bed::{Bed, step};
use crate::storm::seed::Seed;

/// G13: an agent that ends while nobody looks is harvested.
#[test]
fn g13_a_kill_of_the_supervisor_repeats_nothing() {
    let bed = Bed::new();
    let run = bed.detach(
        &[
            step("a", "prompt = \"a\""),
            step("b", "depends_on = [\"a\"]\nprompt = \"!sleep 1500 b\""),
            step("c", "depends_on = [\"b\"]\nprompt = \"c {{steps.b.result}}\""),
        ]
        .concat(),
    );
    bed.until_ran(2);
    bed.kill_supervisor();
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.result()), (0, &json!("R(c R(b))")), "{} {}", ran.json, ran.err);
    assert_eq!(bed.ran(), ["a", "!sleep 1500 b", "c R(b)"]);
    let done = bed.sandbox.journal("flow.step");
    let done = done.iter().filter(|event| event["data"]["state"] == "done").count();
    assert_eq!(done, 3, "each step was done once");
}

/// The agent is killed along with the supervisor: what was lost is done again, once more.
#[test]
fn g13_an_agent_that_is_lost_with_the_supervisor_is_done_again() {
    let bed = Bed::new();
    let run = bed.detach(&step("a", "prompt = \"!sleep 3000 a\""));
    bed.until_ran(1);
    let supervisor = bed.sandbox.supervisor();
    let agents: Vec<_> =
        bed.sandbox.processes().into_iter().filter(|p| p.pid() != supervisor.pid()).collect();
    supervisor.signal(rustix::process::Signal::KILL);
    for agent in agents {
        agent.signal(rustix::process::Signal::KILL);
    }
    supervisor.wait(crate::support::SOON);
    let ran = bed.result(&run);
    assert_eq!((ran.code, ran.result()), (0, &json!("R(a)")), "{} {}", ran.json, ran.err);
    assert_eq!(bed.ran().len(), 2);
    assert_eq!(bed.step(&run, "a")["attempt"], 2);
}

/// A flow of 30 steps, one result of 10 MiB, the supervisor killed at random moments: each step
/// once, the last fold as if nothing had happened. `./test kills` has 50 kills.
#[test]
fn random_kills_lose_nothing_and_repeat_nothing() {
    let mut seed = Seed::of("flow kills");
    let is_full = std::env::var("AO_KILLS").is_ok_and(|size| size == "full");
    let kills = if is_full { 50 } else { 5 };
    let bed = Bed::new();
    let size = 10 * 1024 * 1024;
    let mut body = "concurrency = 4\n".to_owned();
    let mut inputs = Vec::new();
    for n in 0..27 {
        let before = if n < 9 { String::new() } else { format!("depends_on = [\"s{}\"]\n", n - 9) };
        let pause = if is_full { 1500 } else { (n * 37) % 400 };
        let prompt =
            if n == 13 { format!("!big {size}") } else { format!("!sleep {pause} step{n}") };
        body.push_str(&step(&format!("s{n}"), &format!("{before}prompt = \"{prompt}\"")));
        inputs.push(format!("\"s{n}\""));
    }
    body.push_str(&step("note", "kind = \"command\"\nargv = [\"echo\", \"noted\"]"));
    body.push_str(&step(
        "hold",
        "depends_on = [\"note\"]\nprompt = \"hold {{steps.note.result}}\"",
    ));
    inputs.extend(["\"note\"".to_owned(), "\"hold\"".to_owned()]);
    let list = inputs.join(", ");
    body.push_str(&step("end", &format!("kind = \"fold\"\nmode = \"concat\"\ninputs = [{list}]")));
    let run = bed.detach(&body);
    for _ in 0..kills {
        std::thread::sleep(Duration::from_millis(seed.below(if is_full { 600 } else { 500 })));
        bed.kill_supervisor();
    }
    let ran = bed.result(&run);
    assert_eq!(ran.code, 0, "{} {}", ran.json["steps"], ran.err);
    let mut prompts = bed.ran();
    prompts.sort();
    let count = prompts.len();
    prompts.dedup();
    assert_eq!((prompts.len(), count), (28, 28), "an agent ran twice: {prompts:?}");
    let whole = bed.sandbox.ao(&["flow", "result", &run, "end"]).ok().out();
    let mut wanted = String::new();
    for n in 0..27 {
        let text = if n == 13 { "x".repeat(size) } else { format!("R(step{n})") };
        let gap = if n == 0 { "" } else { "\n" };
        wanted.push_str(&format!("{gap}## s{n}\n\n{text}\n"));
    }
    wanted.push_str("\n## note\n\nnoted\n\n## hold\n\nR(hold noted)\n");
    assert!(whole == wanted, "the fold is another: {} bytes, not {}", whole.len(), wanted.len());
    let view = bed.show(&run);
    assert_eq!(view["budget"]["agents"], 28, "{view}");
}
