//! Group B, and what of C and D needs real agents.

use serde_json::json;

use super::bed::Bed;

const SCHEMA: &str = "{schema:{type:'object',required:['n'],properties:{n:{type:'integer'}}}}";

/// B12, B16 and B31, too.
#[test]
fn b01_b02_b25_b26_text_comes_back_as_it_is() {
    let bed = Bed::new();
    bed.is("return await agent('one')", json!("R(one)"));
    assert_eq!(bed.ran(), ["one"]);
    bed.is("return await agent('!empty')", json!(""));
    bed.is("return (await agent('!big 1000000')).length", json!(1_000_000));
    // More than a script is given it gets by name, to hand it on.
    let large = "const r = await agent('!big 9000000'); \
                 return [r.bytes, await agent('x', {attachments: [{sha256: r.artifact}]})]";
    let ran = bed.run(large);
    assert_eq!(ran.result()[0], 9_000_000, "{} {}", ran.json, ran.err);
    let told = ran.result()[1].as_str().unwrap();
    let place = told.strip_prefix("R(x\n\nAttached file: ").unwrap().trim_end_matches(')');
    assert_eq!(std::fs::metadata(place).unwrap().len(), 9_000_000);
    let strange = "a\nb \"c\" 'd' ${x} \u{1F600} \u{7}";
    bed.is(&format!("return await agent({})", json!(strange)), json!(format!("R({strange})")));
    bed.is("return await agent('x', {schema: null})", json!("R(x)"));
    let ran = bed.run("return await agent('x',{label:'a\\u001b[31mb', scema: 1})");
    assert!(ran.warnings().contains("scema"), "{}", ran.json);
    let run = ran.json["run_id"].as_str().unwrap();
    assert_eq!(bed.status(run)["agents"][0]["label"], "a[31mb");
}

/// B20, too.
#[test]
fn b04_b19_b23_b24_an_agent_that_comes_to_nothing_is_null() {
    let bed = Bed::new();
    let ran =
        bed.run("return [await agent('!fail auth_401'), await agent('!fail overloaded_529')]");
    assert_eq!(*ran.result(), json!([null, null]));
    assert_eq!(ran.kinds(), ["auth_401", "overloaded_529"]);
    let ran = bed.run("return await agent('!crash')");
    assert_eq!((ran.result(), ran.kinds()), (&json!(null), vec!["crash".to_owned()]));
    bed.forget();
    let ran = bed.run("return await agent('!crash', {retries: 2})");
    assert_eq!((ran.result(), bed.ran().len()), (&json!(null), 3));
    let agents = bed.status(ran.json["run_id"].as_str().unwrap())["agents"].clone();
    assert_eq!((agents.as_array().unwrap().len(), &agents[0]["attempt"]), (1, &json!(3)));
    let ran = bed.run("return await agent('!tools 5 done',{max_tool_calls:3})");
    assert_eq!((ran.result(), ran.kinds()), (&json!(null), vec!["tool_limit".to_owned()]));
    assert!(bed.tools() <= 4);
    bed.is("return await agent('!tools 3 done',{max_tool_calls:3})", json!("R(done)"));
    let ran = bed.run("return await agent('!hang',{timeout_ms:300})");
    assert_eq!((ran.result(), ran.kinds()), (&json!(null), vec!["timeout".to_owned()]));
}

/// B08 is the last one.
#[test]
fn b05_to_b10_results_meet_their_schema_or_throw() {
    let bed = Bed::new();
    bed.is(&format!("return await agent('!json {{\"n\":1}}', {SCHEMA})"), json!({"n": 1}));
    bed.is(&format!("return await agent('!bad2 {{\"n\":2}}', {SCHEMA})"), json!({"n": 2}));
    assert_eq!(bed.turns().len(), 2);
    bed.forget();
    let caught = |prompt: &str| {
        let body = format!(
            "try {{ await agent('{prompt}', {SCHEMA}) }} catch (e) {{ return [e.name, e.message] }}"
        );
        bed.run(&body).result().clone()
    };
    let bad = caught("!bad");
    assert_eq!(bad[0], "SchemaError");
    assert!(bad[1].as_str().unwrap().starts_with("5 results were refused"), "{bad}");
    assert_eq!((bed.ran().len(), bed.turns().len()), (1, 4));
    bed.forget();
    let plain = caught("plain");
    assert_eq!(plain[0], "SchemaError");
    assert!(plain[1].as_str().unwrap().contains("no result was submitted"), "{plain}");
    assert_eq!(bed.turns().len(), 1, "exactly one nudge");
}

#[test]
fn b17_b18_b27_misuse_starts_nothing() {
    let bed = Bed::new();
    for (call, name, part) in [
        ("agent()", "TypeError", "prompt"),
        ("agent('x',{schema:{type:'objekt'}})", "TypeError", "schema"),
        ("agent('x',{capabilities:['read','read','bogus']})", "TypeError", "bogus"),
        ("agent('x',{agentType:'nope'})", "Error", "general-purpose"),
        ("agent('x',{agent:'nope'})", "Error", "claude"),
    ] {
        let ran =
            bed.run(&format!("try {{ await {call} }} catch (e) {{ return [e.name, e.message] }}"));
        assert_eq!(ran.result()[0], name, "{call}: {}", ran.json);
        assert!(ran.result()[1].as_str().unwrap().contains(part), "{call}: {}", ran.json);
    }
    assert!(bed.ran().is_empty());
}

#[test]
fn c11_c22_agents_run_at_the_same_time_and_items_do_not_wait_for_each_other() {
    let bed = Bed::new();
    let body = "return (await parallel(Array.from({length:6},(_,i)=>()=>agent('!sleep 1500 p'+i)))).length";
    let begun = std::time::Instant::now();
    assert_eq!(*bed.run_with(body, &["--fresh", "--concurrency", "6"]).result(), json!(6));
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{:?}", begun.elapsed());
    bed.forget();
    let body =
        "await pipeline(['0 a','3000 b'], s=>agent('!sleep '+s), (p)=>agent('two '+p)); return 1";
    bed.run(body);
    let ran = bed.ran();
    let at = |prompt: &str| ran.iter().position(|p| p == prompt).unwrap();
    assert!(at("two R(a)") < at("two R(b)"), "{ran:?}");
}

#[test]
fn d02_d09_phases_and_arguments() {
    let bed = Bed::new();
    let ran = bed.run("phase('A');phase('A');phase('B'); await agent('x',{phase:'Q'}); await agent('y'); return 1");
    assert_eq!(ran.json["phases"], json!(["A", "B"]));
    let agents = bed.status(ran.json["run_id"].as_str().unwrap())["agents"].clone();
    assert_eq!((&agents[0]["phase"], &agents[1]["phase"]), (&json!("Q"), &json!("B")));
    let ran = bed.run_with("return args", &["--arg", "a=1", "--arg", "b=x"]);
    assert_eq!(*ran.result(), json!({"a": "1", "b": "x"}));
    assert_eq!(*bed.run_with("return args", &["--args", "[1,null]"]).result(), json!([1, null]));
    assert_eq!(
        *bed.run_with("return args", &["--args", "plain words"]).result(),
        json!("plain words")
    );
    assert_eq!(*bed.run_with("return args === null", &["--args", "null"]).result(), json!(true));
    assert_eq!(*bed.run("return args === undefined").result(), json!(true));
    for (depth, code) in [(64, 0), (65, 2)] {
        let args = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(bed.run_with("return 1", &["--args", &args]).code, code, "{depth}");
    }
}

#[test]
fn d11_d12_the_budget_is_a_ceiling() {
    let bed = Bed::new();
    let body = "let n=0; try { for(;;) { await agent('!tok 25 b'+n); n++ } } catch (e) { return [n, e.name, e.message] }";
    let ran = bed.run_with(body, &["--fresh", "--budget", "60"]);
    assert_eq!((&ran.result()[0], &ran.result()[1]), (&json!(3), &json!("BudgetExceededError")));
    let words = ran.result()[2].as_str().unwrap();
    assert!(words.contains("75") && words.contains("60"), "{words}");
    bed.forget();
    let body = "return (await parallel(Array.from({length:20},(_,i)=>()=>agent('!tok 25 c'+i)))).filter(x=>x).length";
    let ran = bed.run_with(body, &["--fresh", "--budget", "60", "--concurrency", "2"]);
    assert!(bed.ran().len() <= 4, "{:?}", bed.ran());
    assert!(ran.failures().join(" ").contains("budget"));
    assert_eq!(
        bed.run_with(
            "return await agent('!tok 25 x') && await agent('y')",
            &["--fresh", "--budget", "5"]
        )
        .code,
        4
    );
}

/// A budget in money goes by what the model costs that was asked for, or that the agent names.
#[test]
fn a_budget_may_be_in_money() {
    let bed = Bed::new();
    let body = "let n=0; try { for(;;) { await agent('!tok 25 b'+n, {model: 'm'}); n++ } } \
                catch (e) { return [n, e.name, e.message, budget.total, budget.spent()] }";
    let ran = bed.run_with(body, &["--fresh", "--budget", "usd:0.6"]);
    assert!(ran.code == 2 && ran.err.contains("prices.toml"), "{}", ran.err);
    let prices = "[[price]]\nmodel = \"m\"\ninput = 1\noutput = 10000\n";
    std::fs::write(bed.sandbox.config().join("prices.toml"), prices).unwrap();
    let ran = bed.run_with(body, &["--fresh", "--budget", "usd:0.6"]);
    let result = ran.result();
    assert_eq!((&result[0], &result[1]), (&json!(3), &json!("BudgetExceededError")));
    assert_eq!((&result[3], &result[4]), (&json!(0.6), &json!(0.75)));
    assert!(result[2].as_str().unwrap().contains("$0.7500 of $0.6"), "{result}");
    assert_eq!(ran.json["usage"]["cost_usd"], 0.75);
    // A model without a price is told of, and stops nothing.
    let body = "return [await agent('!tok 25 a', {model: 'free'}), budget.spent()]";
    let ran = bed.run_with(body, &["--fresh", "--budget", "usd:0.6"]);
    assert_eq!(*ran.result(), json!(["R(a)", 0]));
    assert!(ran.warnings().contains("\\\"free\\\" has no price"), "{}", ran.warnings());
}

/// D17, D22, D24.
#[test]
fn d17_to_d24_a_workflow_calls_another() {
    let bed = Bed::new();
    let folder = bed.shop.path().join(".ao/workflows");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, body: &str| {
        let text = format!("export const meta={{name:'{name}',description:'d'}}\n{body}");
        std::fs::write(folder.join(format!("file-{name}.js")), text).unwrap();
    };
    write("c", "return [args===undefined, args===null]");
    write(
        "wide",
        "return (await parallel(Array.from({length:6},(_,i)=>()=>agent('!sleep 200 w'+i)))).length",
    );
    write("same", "return await agent('shared')");
    write("broken", "const = 1");
    write("nests", "return await workflow('c')");
    bed.is(
        "return [await workflow('c'), await workflow('c', null)]",
        json!([[true, false], [false, true]]),
    );
    assert_eq!(
        *bed.run_with("return await workflow('wide')", &["--fresh", "--concurrency", "2"]).result(),
        json!(6)
    );
    assert!(bed.peak() <= 2, "D22: {}", bed.peak());
    bed.forget();
    bed.is(
        "return [await agent('shared'), await workflow('same')]",
        json!(["R(shared)", "R(shared)"]),
    );
    assert_eq!(bed.ran().len(), 2);
    let caught = |call: &str| {
        bed.run(&format!("try {{ await {call} }} catch (e) {{ return [e.name, e.message] }}"))
            .result()
            .clone()
    };
    assert_eq!(caught("workflow('nests')")[0], "NestingError");
    let unknown = caught("workflow('nope')");
    assert_eq!(unknown[0], "WorkflowNotFoundError");
    assert!(unknown[1].as_str().unwrap().contains("wide"), "{unknown}");
    assert!(caught("workflow('broken')")[1].as_str().unwrap().contains(":2:"));
    bed.is("return await workflow({scriptPath:'.ao/workflows/file-same.js'})", json!("R(shared)"));
    assert_eq!(caught("workflow({scriptPath:'../../etc/passwd'})")[0], "WorkflowNotFoundError");
}

/// Its model is used up: the agent waits for the end of that, says so, and is no failure.
#[test]
fn an_agent_at_its_usage_limit_waits_for_its_end() {
    let bed = Bed::new();
    let run = bed.detach("return await agent('!limited late')", &["--fresh"]);
    let ran = bed.result(&run);
    assert_eq!((ran.result(), ran.failures().len()), (&json!("R(late)"), 0), "{}", ran.err);
    assert_eq!(bed.ran(), ["!limited late", "!limited late"]);
    let warnings = ran.warnings();
    assert!(warnings.contains("its usage limit is reached; tried again at"), "{warnings}");
}
