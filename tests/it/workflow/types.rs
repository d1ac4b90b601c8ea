//! What agents are asked to be: files of the project, as they were when the run asked first.

use std::os::unix::fs::symlink;

use serde_json::json;

use super::bed::Bed;
use crate::support::{example, make_pipe};

fn judge(bed: &Bed, role: &str) {
    let folder = bed.shop.path().join(".claude/agents");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "---\nname: judge\ndescription: Judges\ntools: Read, Grep\nmodel: sonnet\n---\n\n{role}\n"
    );
    std::fs::write(folder.join("any-name.md"), text).unwrap();
}

#[test]
fn an_agent_is_what_its_type_says_as_long_as_the_run_lasts() {
    let bed = Bed::new();
    judge(&bed, "You are strict.");
    let body = "const judge = p => agent('!told ' + p, {agentType: 'judge'}); const a = await judge('a'); \
                await agent('!sleep 1500 b'); return [a, await judge('c')]";
    let run = bed.detach(body, &["--fresh"]);
    bed.until_ran(2);
    // What was asked for once stays what it was, also for the supervisor that goes on.
    judge(&bed, "You are mild.");
    bed.kill_supervisor();
    let told = json!("You are strict.|read,search|");
    assert_eq!(*bed.result(&run).result(), json!([told, told]));
    assert_eq!(bed.ran(), ["!told a", "!sleep 1500 b", "!told c"]);
    // Another role is another agent.
    bed.forget();
    let again = bed.run_with(body, &["--resume-from", &run]);
    assert_eq!(again.result()[1], "You are mild.|read,search|");
    assert_eq!(bed.ran(), ["!told a", "!told c"]);
    // A call says more than its type; a model of Claude Code's files is for claude alone.
    bed.is(
        "return await agent('!told', {agentType: 'judge', model: 'm', capabilities: ['edit']})",
        json!("You are mild.|edit|m"),
    );
    bed.is("return await agent('!told', {agentType: 'general-purpose'})", json!("||"));
    let ran =
        bed.run("try { await agent('x', {agentType: 'nope'}) } catch (e) { return e.message }");
    let known = "agent: unknown agentType \"nope\"; known: Explore, Plan, general-purpose, judge";
    assert!(ran.result().as_str().unwrap().contains(known), "B18: {}", ran.json);
}

#[test]
fn an_agent_with_a_name_is_told_of_its_role() {
    let bed = Bed::new();
    let (log, state) = (bed.sandbox.path("ran"), bed.sandbox.path("state"));
    let text = format!(
        "name = \"scribe\"\nabout = \"does one task\"\nbinary = {:?}\nargv = []\n\
         prompt = \"paste\"\nsystem_prompt = \"file\"\nhooks = \"none\"\n\
         [env.set]\nFAKE_LOG = {log:?}\nFAKE_STATE = {state:?}\n[headless]\nargv = []\n",
        example("scripted").display().to_string()
    );
    std::fs::write(bed.sandbox.config().join("agents/scribe.toml"), text).unwrap();
    let folder = bed.shop.path().join(".ao/agents");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("poet.md"), "---\nname: poet\nagent: scribe\n---\nYou make verses.")
        .unwrap();
    let ran = bed.run("return await agent('!told', {agentType: 'poet'})");
    assert_eq!(*ran.result(), json!("You make verses.||"), "{} {}", ran.json, ran.err);
    let agents = bed.status(ran.json["run_id"].as_str().unwrap())["agents"].clone();
    let session = bed.sandbox.session(agents[0]["session"].as_str().unwrap());
    assert_eq!(session["agent"], "scribe");
    // A command that is to be seen is told, too.
    let ran = bed.run_with("return await agent('!told', {agentType: 'Plan'})", &["--show"]);
    let told = ran.result().as_str().unwrap().to_owned();
    assert!(told.starts_with("You work out how") && told.ends_with("|read,search|"), "{told}");
}

/// Files that go along: what is in them counts, wherever they are.
#[test]
fn files_and_artifacts_go_along() {
    let bed = Bed::new();
    std::fs::write(bed.shop.path().join("notes.txt"), "one").unwrap();
    let body = "return await agent('x', {attachments: [{path: 'notes.txt'}]})";
    let first = bed.run(body);
    let place = bed.shop.path().join("notes.txt").display().to_string();
    assert_eq!(*first.result(), json!(format!("R(x\n\nAttached file: {place})")));
    let from = first.json["run_id"].as_str().unwrap();
    bed.forget();
    bed.run_with(body, &["--resume-from", from]);
    assert!(bed.ran().is_empty());
    std::fs::write(bed.shop.path().join("notes.txt"), "two").unwrap();
    bed.run_with(body, &["--resume-from", from]);
    assert_eq!(bed.ran().len(), 1, "another content is another call");
    let task = ["--project", "shop", "task", "add", "Write", "-q"];
    let task = bed.sandbox.ao(&task).ok().line();
    bed.sandbox.ao(&["task", "claim", &task, "--expect-version", "1"]).ok();
    let done = ["task", "done", &task, "--expect-version", "2", "--result", "the whole text"];
    let done = bed.sandbox.ao(&done).json();
    let sha256 = done["task"]["result"]["sha256"].as_str().unwrap_or_else(|| panic!("{done}"));
    let ran =
        bed.run(&format!("return await agent('x', {{attachments: [{{sha256: '{sha256}'}}]}})"));
    let told = ran.result().as_str().unwrap_or_else(|| panic!("{}", ran.json));
    let place = told.strip_prefix("R(x\n\nAttached file: ").unwrap().trim_end_matches(')');
    assert_eq!(std::fs::read_to_string(place).unwrap(), "the whole text");
    bed.forget();
    std::fs::write(bed.shop.path().join("../outside"), "of somebody else").unwrap();
    symlink("/etc/passwd", bed.shop.path().join("leads-out")).unwrap();
    make_pipe(&bed.shop.path().join("pipe"));
    for (file, name) in [
        (json!({"sha256": "0".repeat(64)}), "Error"),
        (json!({"sha256": "../../etc/passwd"}), "TypeError"),
        (json!({"path": "nothing-there"}), "Error"),
        (json!({"path": "../outside"}), "Error"),
        (json!({"path": "/dev/zero"}), "Error"),
        (json!({"path": "leads-out"}), "Error"),
        (json!({"path": "pipe"}), "Error"),
    ] {
        let call = format!("agent('x', {{attachments: [{file}]}})");
        bed.is(&format!("try {{ await {call} }} catch (e) {{ return e.name }}"), json!(name));
    }
    assert!(bed.ran().is_empty());
    let told = |path: &str| {
        let call = format!("agent('x', {{attachments: [{{path: {path:?}}}]}})");
        bed.run(&format!("try {{ await {call} }} catch (e) {{ return e.message }}"))
            .result()
            .clone()
    };
    let [there, not_there] = ["/etc/passwd", "/etc/none"].map(told);
    let (there, not_there) = (there.as_str().unwrap(), not_there.as_str().unwrap());
    assert_eq!(there.replace("passwd", "none"), not_there, "nothing is told of what is elsewhere");
}

/// A pipe to which nobody writes stands for no text, and holds up nobody.
#[test]
fn a_pipe_in_place_of_a_text_is_an_error() {
    let bed = Bed::new();
    let folder = bed.shop.path().join(".ao/agents");
    std::fs::create_dir_all(&folder).unwrap();
    make_pipe(&folder.join("judge.md"));
    let ask = "try { await agent('x', {agentType: 'judge'}) } catch (e) { return e.message }";
    let ran = bed.run(ask);
    assert!(ran.result().as_str().unwrap().contains("no regular file"), "{}", ran.json);
}
