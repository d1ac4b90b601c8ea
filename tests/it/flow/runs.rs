//! Group G: order, failures, folds, conditions, items, programs, whole results.

use serde_json::json;

use super::bed::{Bed, step};

/// G02: what waits for the same overlaps; what waits for both comes after.
#[test]
fn g02_a_diamond_overlaps_where_it_may() {
    let bed = Bed::new();
    let ran = bed.run(
        &[
            step("a", "prompt = \"a\""),
            step("b", "depends_on = [\"a\"]\nprompt = \"!sleep 700 b\""),
            step("c", "depends_on = [\"a\"]\nprompt = \"!sleep 700 c\""),
            step(
                "d",
                "depends_on = [\"b\", \"c\"]\nprompt = \"{{steps.b.result}} {{steps.c.result}}\"",
            ),
        ]
        .concat(),
    );
    assert_eq!((ran.code, ran.result()), (0, &json!("R(R(b) R(c))")), "{} {}", ran.json, ran.err);
    let order = bed.ran();
    assert_eq!((order[0].as_str(), order[3].as_str()), ("a", "R(b) R(c)"));
    let view = bed.show(ran.id());
    assert_eq!(view["budget"]["agents"], 4, "{view}");
    // b and c at the same time: both together took less than one after the other.
    let times: Vec<u64> =
        ["b", "c"].map(|id| bed.step(ran.id(), id)["duration_ms"].as_u64().unwrap()).into();
    let journal = bed.sandbox.journal("flow.step");
    let at = |id: &str, state: &str| {
        journal.iter().position(|e| e["data"]["step"] == id && e["data"]["state"] == state).unwrap()
    };
    assert!(
        at("b", "running").max(at("c", "running")) < at("b", "done").min(at("c", "done")),
        "{times:?}"
    );
    assert!(at("d", "running") > at("b", "done").max(at("c", "done")));
}

/// G07: a second attempt.
#[test]
fn g07_an_attempt_that_is_left_is_taken() {
    let bed = Bed::new();
    let ran = bed.run(&step("a", "prompt = \"!once a\"\nmax_attempts = 2"));
    assert_eq!((ran.code, ran.result()), (0, &json!("R(a)")), "{} {}", ran.json, ran.err);
    assert_eq!(bed.ran().len(), 2);
    assert_eq!(bed.step(ran.id(), "a")["attempt"], 2);
}

/// G08: what depends on a failure is blocked, everything else goes on, the run has failed.
#[test]
fn g08_a_failure_blocks_what_depends_on_it_and_nothing_else() {
    let bed = Bed::new();
    let body = [
        step("a", "prompt = \"!fail boom\""),
        step("b", "depends_on = [\"a\"]\nprompt = \"b\""),
        step("c", "prompt = \"!sleep 300 c\""),
    ]
    .concat();
    let ran = bed.run(&body);
    assert_eq!(ran.code, 1, "{} {}", ran.json, ran.err);
    let states = ["a", "b", "c"].map(|id| ran.state_of(id));
    assert_eq!(states, ["failed", "blocked", "done"]);
    assert_eq!(ran.json["state"], "failed");
    assert!(ran.err.contains("boom: the model failed"), "{}", ran.err);
    // What depends on a step may be told to go on without it, or to be left out.
    let goes_on = body.replace("boom\"", "boom\"\non_failure = \"continue\"");
    let ran = bed.run(&goes_on);
    assert_eq!((ran.code, ran.state_of("b")), (0, "done"), "{}", ran.json);
    let left_out = body.replace("boom\"", "boom\"\non_failure = \"skip_dependents\"");
    let ran = bed.run(&left_out);
    assert_eq!((ran.code, ran.state_of("b")), (0, "skipped_by_failure"), "{}", ran.json);
}

/// G10, G11: folds in the order of their inputs; objects, lists, and what a merge notices.
#[test]
fn g10_g11_folds_are_exact() {
    let bed = Bed::new();
    let sources = [
        step("a", "prompt = '!json {\"x\": 1, \"deep\": {\"p\": 1}}'"),
        step("b", "prompt = '!sleep 200 !json {\"x\": 2, \"deep\": {\"q\": 2}}'"),
        step("c", "prompt = '!sleep 400 plain'"),
    ]
    .concat();
    let fold = |mode: &str, inputs: &str| {
        step(mode, &format!("kind = \"fold\"\nmode = \"{mode}\"\ninputs = {inputs}"))
    };
    let all = [
        fold("concat", r#"["c", "a", "b"]"#),
        fold("json_array", r#"["b", "a", "c"]"#),
        fold("json_object", r#"["a", "c"]"#),
        fold("merge", r#"["a", "b"]"#),
    ];
    let ran = bed.run(&[sources, all.concat()].concat());
    assert_eq!(ran.code, 0, "{} {}", ran.json, ran.err);
    let result = ran.result();
    let (a, b) = (json!({"x": 1, "deep": {"p": 1}}), json!({"x": 2, "deep": {"q": 2}}));
    assert_eq!(result["json_array"], json!([b, a, "R(plain)"]));
    assert_eq!(result["json_object"], json!({"a": a, "c": "R(plain)"}));
    assert_eq!(result["merge"], json!({"x": 2, "deep": {"p": 1, "q": 2}}));
    let text = result["concat"].as_str().unwrap();
    assert!(text.starts_with("## c\n\nR(plain)\n\n## a\n\n{"), "{text}");
    let note = bed.step(ran.id(), "merge")["note"].as_str().unwrap().to_owned();
    assert!(note.ends_with("the last won: x"), "{note}");
}

/// G16: a condition that does not hold skips; what comes after has null.
#[test]
fn g16_a_condition_that_does_not_hold_skips() {
    let bed = Bed::new();
    let ran = bed.run(
        &[
            step("find", "prompt = '!json {\"files\": []}'"),
            step("check", "depends_on = [\"find\"]\nwhen = \"steps.find.json.files.length > 0\"\nprompt = \"x\""),
            step("end", "kind = \"fold\"\nmode = \"json_object\"\ninputs = [\"find\", \"check\"]"),
        ]
        .concat(),
    );
    assert_eq!((ran.code, ran.state_of("check")), (0, "skipped"), "{} {}", ran.json, ran.err);
    assert_eq!(*ran.result(), json!({"find": {"files": []}, "check": null}));
    assert_eq!(bed.ran().len(), 1);
}

/// G20: a result that never meets its schema fails the step, with the whole complaint.
#[test]
fn g20_a_result_that_does_not_meet_its_schema_fails_the_step() {
    let bed = Bed::new();
    let schema = "schema = { type = \"object\", required = [\"ok\"], properties = { ok = {} }, additionalProperties = false }";
    let ran = bed.run(&step("a", &format!("prompt = \"!bad\"\n{schema}")));
    assert_eq!(ran.code, 1, "{} {}", ran.json, ran.err);
    let error = bed.step(ran.id(), "a")["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("schema: ") && error.contains("\"ok\" is a required property"),
        "{error}"
    );
    assert!(error.contains("bad"), "{error}");
    let ran = bed.run(&step("a", &format!("prompt = '!bad2 {{\"ok\": 1}}'\n{schema}")));
    assert_eq!((ran.code, ran.result()), (0, &json!({"ok": 1})), "{} {}", ran.json, ran.err);
}

/// Once for each item, in their order; an item that is done is not done again by the next attempt.
#[test]
fn a_step_is_done_for_each_item_and_no_item_twice() {
    let bed = Bed::new();
    let body = |limit: u32| {
        [
            step("list", "prompt = '!json {\"all\": [\"p\", \"!once q\", \"r\"]}'"),
            step(
                "each",
                &format!(
                    "depends_on = [\"list\"]\nforeach = \"steps.list.json.all\"\nlimit = {limit}\n\
                     prompt = \"{{{{item}}}}\"\nmax_attempts = 2"
                ),
            ),
        ]
        .concat()
    };
    let ran = bed.run(&body(3));
    assert_eq!(
        (ran.code, ran.result()),
        (0, &json!(["R(p)", "R(q)", "R(r)"])),
        "{} {}",
        ran.json,
        ran.err
    );
    let mut prompts = bed.ran();
    prompts.sort();
    assert_eq!(prompts.iter().filter(|p| *p == "!once q").count(), 2, "{prompts:?}");
    assert_eq!(prompts.iter().filter(|p| *p == "p").count(), 1, "{prompts:?}");
    let ran = bed.run(&body(2));
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("has 3 items, the limit is 2"), "{}", ran.err);
    // A list that is not where it is looked for is not an empty one.
    let ran = bed.run(&body(2).replace("list.json.all", "list.json.al"));
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nowhere in that step's result"), "{}", ran.err);
}

/// A program is run as its arguments are, without a shell; its output is the result.
#[test]
fn a_program_gets_its_arguments_as_they_are() {
    let bed = Bed::new();
    let evil = "$(touch /tmp/never); `id` \"x\"";
    let ran = bed.run_with(
        &[
            "[args]\nword = { required = true }\n".to_owned(),
            step("say", "kind = \"command\"\nargv = [\"printf\", \"%s|%s\", \"{{args.word}}\", \"two\"]"),
            step("count", "kind = \"command\"\ndepends_on = [\"say\"]\nargv = [\"wc\", \"-c\"]\nstdin = \"{{steps.say.result}}\""),
            step("bad", "kind = \"command\"\nargv = [\"false\"]\non_failure = \"continue\""),
            step("bytes", "kind = \"command\"\nargv = [\"printf\", \"a\\\\377b\"]\non_failure = \"continue\""),
        ]
        .concat(),
        &["--arg", &format!("word={evil}")],
    );
    assert_eq!(ran.code, 0, "{} {}", ran.json, ran.err);
    let said = bed.sandbox.ao(&["flow", "result", ran.id(), "say"]).ok().out();
    assert_eq!(said, format!("{evil}|two"));
    assert_eq!(ran.result()["count"].to_string().trim_matches('"'), format!("{}", evil.len() + 4));
    let error = bed.step(ran.id(), "bad")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("exit status: 1"), "{error}");
    // What would have to be changed to be a text is none.
    let error = bed.step(ran.id(), "bytes")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("no UTF-8 text"), "{error}");
    assert_eq!(bed.show(ran.id())["budget"]["agents"], 0);
}

/// Programs of a repository's flow run only once a person has agreed to exactly it.
#[test]
fn a_repositorys_programs_run_only_once_a_person_agreed_to_the_file() {
    let bed = Bed::new();
    let folder = bed.shop.path().join(".ao/flows");
    std::fs::create_dir_all(&folder).unwrap();
    let text =
        "name = \"own\"\n[[step]]\nid = \"a\"\nkind = \"command\"\nargv = [\"echo\", \"hi\"]\n";
    std::fs::write(folder.join("own.toml"), text).unwrap();
    let run = || bed.sandbox.ao(&["--project", "shop", "flow", "run", "own"]).dir(bed.shop.path());
    let refused = run().fails_json(2);
    assert_eq!(refused["code"], "refused");
    assert!(refused["hint"].as_str().unwrap().contains("ao project trust shop"), "{refused}");
    let shown = bed.sandbox.ao(&["project", "trust", "shop", "--yes"]).ok().out();
    assert!(shown.contains("own.toml") && shown.contains(r#"["echo","hi"]"#), "{shown}");
    assert!(run().ok().out().ends_with("hi"));
    // Another word in it, and nobody has agreed to it.
    std::fs::write(folder.join("own.toml"), text.replace("hi", "ho")).unwrap();
    run().fails(2);
    bed.sandbox.ao(&["project", "trust", "shop", "--yes"]).ok();
    assert!(run().ok().out().ends_with("ho"));
    bed.sandbox.ao(&["project", "trust", "shop", "--revoke"]).ok();
    run().fails(2);
}

/// 10 MiB go from step to step whole: into a text by a file, into a fold as they are.
#[test]
fn nothing_is_cut_on_its_way() {
    let bed = Bed::new();
    let size = 10 * 1024 * 1024;
    let ran = bed.run(
        &[
            step("big", &format!("prompt = \"!big {size}\"")),
            step("all", "kind = \"fold\"\nmode = \"concat\"\ninputs = [\"big\"]"),
            step("count", "kind = \"command\"\ndepends_on = [\"big\"]\nargv = [\"wc\", \"-c\", \"{{steps.big.result}}\"]"),
            step("told", "depends_on = [\"big\"]\nprompt = \"!text {{steps.big.result}}\""),
        ]
        .concat(),
    );
    assert_eq!(ran.code, 0, "{} {}", ran.json["steps"], ran.err);
    let whole = bed.sandbox.ao(&["flow", "result", ran.id(), "all"]).ok();
    assert_eq!(whole.bytes().len(), size + "## big\n\n\n".len());
    let count = ran.result()["count"].as_str().unwrap().to_owned();
    assert!(count.starts_with(&format!("{size} /")), "{count}");
    let told = ran.result()["told"].as_str().unwrap().to_owned();
    assert!(told.contains(&format!("({size} bytes, SHA-256 ")), "{told}");
}
