//! How scripts behave, against agents that answer at once: the cases of the engine alone.

use serde_json::{Value, json};

use super::check;
use super::engine::{Engine, Step};
use super::protocol::{Fault, FromHost, Limits, Program, Settled};

/// What came of a script.
pub(super) struct Ran {
    outcome: Result<Option<String>, Fault>,
    /// Prompts, in the order in which they were asked for.
    prompts: Vec<String>,
    events: Vec<(String, Value)>,
}

impl Ran {
    pub(super) fn value(&self) -> Value {
        let text = self.outcome.as_ref().unwrap_or_else(|fault| panic!("{fault:?}"));
        text.as_deref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
    }

    fn fault(&self) -> &Fault {
        self.outcome.as_ref().unwrap_err()
    }

    fn told(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|(k, _)| k == kind).map(|(_, payload)| payload).collect()
    }
}

fn program(body: &str) -> Program {
    Program { file: "t.js".into(), body: format!("\n{body}"), args: None }
}

fn quick() -> Limits {
    Limits { slice_ms: 300, memory: 24 << 20, ..Limits::default() }
}

/// Memory is used up before the time is.
fn patient() -> Limits {
    Limits { slice_ms: 60_000, ..quick() }
}

/// Runs `body` as line 2 of a script; `answer` says what an agent comes to.
fn run_with(
    program: &Program,
    mut answer: impl FnMut(&str) -> Result<Option<String>, Fault>,
) -> Ran {
    let limits = if program.body.contains("memory") { patient() } else { quick() };
    let mut engine = Engine::new(program, limits, None).unwrap_or_else(|e| panic!("{e}"));
    engine.start();
    let mut ran = Ran { outcome: Ok(None), prompts: Vec::new(), events: Vec::new() };
    let mut calls = std::collections::VecDeque::new();
    loop {
        let step = engine.run();
        for message in engine.take_messages() {
            match message {
                FromHost::Call { id, kind, payload, .. } => calls.push_back((id, kind, payload)),
                FromHost::Event { kind, payload, .. } => ran.events.push((kind, payload)),
                FromHost::Clear { id } => calls.retain(|call| call.0 != id),
                other => panic!("{other:?}"),
            }
        }
        if let Step::Done(outcome) = step {
            ran.outcome = outcome;
            return ran;
        }
        let (id, kind, payload) = calls.pop_front().expect("what waits was asked for");
        let outcome = match kind.as_str() {
            "agent" => {
                let prompt = payload["prompt"].as_str().unwrap();
                ran.prompts.push(prompt.to_owned());
                answer(prompt)
            }
            "workflow" => {
                let body = payload["name"].as_str().unwrap_or_default();
                let args = payload.get("args").map(Value::to_string);
                let child = Program { file: "c.js".into(), body: body.into(), args };
                engine.child(id, "c", "c#1/", &child);
                continue;
            }
            _ => Ok(None),
        };
        engine.settle(&Settled { id, outcome, spent: ran.prompts.len() as f64 });
    }
}

pub(super) fn run(body: &str) -> Ran {
    run_with(&program(body), |prompt| match prompt.strip_prefix('!') {
        Some("null") => Ok(Some("null".into())),
        Some(name) => Err(Fault::new(name, "no")),
        None => Ok(Some(json!(format!("R({prompt})")).to_string())),
    })
}

fn is(body: &str, value: Value) {
    assert_eq!(run(body).value(), value, "{body}");
}

fn fails(body: &str, name: &str) -> Fault {
    let ran = run(body);
    assert_eq!(ran.outcome.as_ref().map_err(|fault| fault.name.as_str()), Err(name), "{body}");
    ran.fault().clone()
}

/// What a caught error is called, and what it says.
fn caught(call: &str) -> (String, String) {
    let body =
        format!("try {{ {call}; return ['none', ''] }} catch (e) {{ return [e.name, e.message] }}");
    let ran = run(&body);
    assert!(ran.prompts.is_empty(), "{call} has started an agent");
    serde_json::from_value(ran.value()).unwrap()
}

fn refused(text: &str) -> String {
    let meta = "export const meta={name:'t',description:'t'}\n";
    check(if text.is_empty() { "e.js" } else { "t.js" }, &format!("{meta}{text}"), true)
        .unwrap_err()
        .to_string()
}

#[test]
fn cases_a_what_is_refused_before_it_runs() {
    assert!(refused("const a = ;").starts_with("t.js:2:"), "A18: {}", refused("const a = ;"));
    assert!(refused("const a: string = 'x'; return a").contains("plain JavaScript"), "A19");
    for breakout in [
        "})();(async()=>{ return 5",
        "}\nglobalThis.x = 1\nasync()=>{",
        "}, async()=>{ return 5",
        "}]; globalThis.x = 1; [async()=>{",
        "};(()=>{",
    ] {
        refused(breakout);
    }
    is("return 1", json!(1));
    is("const e = await agent('one'); return e", json!("R(one)"));
}

#[test]
fn case_a25_errors_have_the_authors_lines() {
    let fault =
        fails("\n\nfunction inner(){ throw new RangeError('top boom') }\n\ninner()", "RangeError");
    assert_eq!(fault.message, "top boom");
    let stack = fault.stack.unwrap();
    assert!(stack.contains("t.js:4:") && stack.contains("t.js:6:"), "{stack}");
    assert!(fault.site.unwrap().starts_with("t.js:4:"));
    let first_line = Program { body: "throw new Error('x')".into(), ..program("") };
    let fault = run_with(&first_line, |_| Ok(None)).fault().clone();
    assert_eq!(fault.site.as_deref(), Some("t.js:1:11"));
    let fault = fails("const x = 1\nawait agent('!SchemaError')", "SchemaError");
    assert_eq!(fault.site.as_deref(), Some("t.js:3:7"));
}

/// Cases B10, B12, B16, B17, B21, B26.
#[test]
fn cases_b_misuse_throws_and_starts_nothing() {
    for call in [
        "await agent()",
        "await agent(5)",
        "await agent('')",
        "await agent('x', 5)",
        "await agent('x', [])",
        "await agent('x', {schema:{type:'objekt'}})",
        "await agent('x', {capabilities:['bogus']})",
        "await agent('x', {effort:'bogus'})",
    ] {
        assert_eq!(caught(call).0, "TypeError", "{call}");
    }
    is("return await agent('x', {schema: null})", json!("R(x)"));
    let ran = run("return await agent('x',{scema:{}})");
    assert_eq!(ran.value(), json!("R(x)"));
    assert_eq!(ran.told("warn").len(), 1);
    assert!(ran.told("warn")[0]["line"].as_str().unwrap().contains("scema"));
    is("return await agent('a\\n\"${x}\\u{1F600}\\u0007')", json!("R(a\n\"${x}\u{1F600}\u{7})"));
}

/// Cases C03, C05, C06, C07, C09.
#[test]
fn cases_c_parallel() {
    for call in
        ["await parallel()", "await parallel('x')", "await parallel([agent])  ;await parallel([1])"]
    {
        if !call.contains("[agent]") {
            assert_eq!(caught(call).0, "TypeError", "{call}");
        }
    }
    is("return await parallel([])", json!([]));
    is("return await parallel([()=>undefined,()=>null,()=>0,()=>''])", json!([null, null, 0, ""]));
    let (name, message) = caught("await parallel(new Array(4097).fill(()=>agent('x')))");
    assert_eq!(name, "RangeError");
    assert!(message.contains("4096"));
    let ran = run(
        "const r = await parallel([()=>{throw new TypeError('q')}, async()=>{throw 's'}, ()=>{throw 5}]); \
                   return [JSON.stringify(r), r.errors.map(e=>[e.index,e.name,e.message])]",
    );
    assert_eq!(
        ran.value(),
        json!([
            "[null,null,null]",
            [[0, "TypeError", "q"], [1, "Error", "s"], [2, "Error", "<non-string error>"]]
        ])
    );
    assert_eq!(ran.told("drop").len(), 3);
    assert_eq!(ran.told("drop")[0]["where"], "parallel[0]");
    is("return (await parallel([()=>parallel([()=>agent('a')])]))", json!([["R(a)"]]));
}

/// Cases C13, C15, C18, C19, C20, C21, C23.
#[test]
fn cases_c_pipeline() {
    let ran = run(
        "return await pipeline([1,2,3],(p,o,i)=>agent('s'+p),(p,o,i)=>{if(o===2)throw new Error('x');return[p,o,i]})",
    );
    assert_eq!(ran.value(), json!([["R(s1)", 1, 0], null, ["R(s3)", 3, 2]]));
    assert_eq!(
        ran.told("drop"),
        [&json!({"where": "pipeline[1]", "name": "Error", "message": "x"})]
    );
    is(
        "return await pipeline([1],()=>undefined,(p,o,i)=>['s2',p===undefined,o,i])",
        json!([["s2", true, 1, 0]]),
    );
    is(
        "let n=0; const r = await pipeline([1,2],p=>p===1?null:p,p=>{n++;return p}); return [r,n]",
        json!([[null, 2], 1]),
    );
    is("return await pipeline([1,2])", json!([1, 2]));
    is("return await pipeline([],x=>x)", json!([]));
    is("return await pipeline([1],p=>p+1,p=>p*2)", json!([4]));
    for call in [
        "await pipeline(new Set([1]),p=>p)",
        "await pipeline('ab',x=>x)",
        "await pipeline()",
        "await pipeline([1],5)",
    ] {
        assert_eq!(caught(call).0, "TypeError", "{call}");
    }
}

/// Cases D02, D10, D17, D23, E28.
#[test]
fn cases_d_phase_log_budget_workflow() {
    let ran = run(
        "phase('A');phase('A');phase('B');phase({toString(){throw 1}});log('a',{b:1});console.log('a','b'); return typeof console.log",
    );
    assert_eq!(ran.value(), "function");
    let titles: Vec<_> = ran.told("phase").into_iter().map(|p| p["title"].clone()).collect();
    assert_eq!(titles, ["A", "B", "phase"]);
    assert_eq!(ran.told("log")[0]["line"], "a {\"b\":1}");
    assert_eq!(ran.told("log")[1]["line"], "a b");
    is(
        "return [budget.total,budget.spent(),budget.remaining()===Infinity,Object.isFrozen(budget)]",
        json!([null, 0, true, true]),
    );
    is(
        "await agent('a'); const before = budget.spent(); await agent('b'); return [before, budget.spent()]",
        json!([1, 2]),
    );
    is(
        "return [await workflow('return args===undefined'), await workflow('return args===null', null)]",
        json!([true, true]),
    );
    is(
        "return await parallel([()=>workflow('return args', 1),()=>workflow('throw new Error(1)')])",
        json!([1, null]),
    );
    is(
        "try { await workflow('return await workflow(\"x\")') } catch (e) { return e.name }",
        json!("NestingError"),
    );
    let fault = fails("await workflow('const = 1')", "Error");
    assert!(fault.message.contains("c.js:1:"), "{fault:?}");
    assert_eq!(
        fails("await workflow('throw new RangeError(\"deep\")')", "RangeError").message,
        "deep"
    );
    is("return typeof args", json!("undefined"));
}

/// Cases E03, E04, E10, E11.
#[test]
fn cases_e_nothing_differs_from_run_to_run() {
    for body in [
        "return (0,Date)['now']()",
        "const D = Date; return new D()",
        "const D = Date; return D()",
        "return Math['random']()",
        "return new Date(0).constructor.now()",
        "return Reflect.construct(Date, [])",
        "return new (Date.bind())()",
        "return new (class extends Date{})()",
    ] {
        fails(body, "DeterminismError");
    }
    is(
        "return [new Date(1).getTime(), new Date(0) instanceof Date, Date.UTC(1970), new (class extends Date{})(5).getTime()]",
        json!([1, true, 0, 5]),
    );
    is(
        "return ['URL','structuredClone','queueMicrotask','crypto','fetch','process','performance','WeakRef','Atomics','SharedArrayBuffer','Intl','std','os'].filter(n => n in globalThis)",
        json!([]),
    );
    for body in [
        "eval('1')",
        "(0,eval)('1')",
        "new Function('return 1')",
        "(()=>{}).constructor('return 1')",
        "(async()=>{}).constructor('return 1')",
        "(function*(){}).constructor('1')",
    ] {
        fails(&format!("return {body}"), "EvalError");
    }
    for body in ["undeclared_x = 1", "return import('fs')"] {
        assert!(run(body).outcome.is_err(), "{body}");
    }
    fails("agent = 1", "TypeError");
    is("const agent = 1; return agent", json!(1));
    is("return await new Promise(r => setTimeout(() => r(7), 60000))", json!(7));
    is("const t = setTimeout(() => log('no'), 5); clearTimeout(t); return 1", json!(1));
}

/// Cases E21, E22, E24, E25.
#[test]
fn cases_e_the_end_of_a_run() {
    assert!(fails("await new Promise(()=>{})", "DeadlockError").message.contains("promise"));
    fails("const a={};a.a=a;return a", "NotSerializableError");
    fails("return 1n", "NotSerializableError");
    assert_eq!(run("return undefined").outcome, Ok(None));
    assert_eq!(run("return () => 1").outcome, Ok(None));
    let ran = run("Promise.reject(new Error('lost'));return 1");
    assert_eq!(ran.value(), 1);
    assert!(ran.told("warn")[0]["line"].as_str().unwrap().contains("lost"));
    let ran = run(
        "const p = Promise.reject(new Error('late')); try { await agent('x'); await p } catch {} return 1",
    );
    assert!(ran.told("warn").is_empty());
    fails("throw null", "Error");
    assert_eq!(fails("throw {a:1}", "Error").message, "{\"a\":1}");
}

/// Case E16, and others like it.
#[test]
fn hostile_scripts_end_within_their_limits() {
    for body in [
        "while(true){}",
        "for(;;){try{for(;;);}catch{}finally{for(;;);}}",
        "while(true){await null}",
        "/^(a+)+$/.test('a'.repeat(40)+'b')",
        "await agent('x'); while(true){}",
        "parallel([()=>{while(true){}}])",
        "setTimeout(()=>{while(true){}},1); await new Promise(()=>{})",
    ] {
        fails(body, "TimeoutError");
    }
    for body in [
        "const a=[]; while(true) a.push('x'.repeat(1e5)+a.length)",
        "let s='x'; while(true) s+=s",
        "const a=[]; while(true) a.push(new ArrayBuffer(1e6))",
    ] {
        let fault = run(&format!("/* memory */ {body}")).fault().clone();
        assert!(
            ["MemoryLimitError", "RangeError", "InternalError"].contains(&fault.name.as_str()),
            "{body}: {fault:?}"
        );
    }
    // A chain of promises grows until time or memory ends it. Where no memory is left for an error,
    // the engine throws null; the host's process then knows how much it has held.
    let ran = run("const f=()=>Promise.resolve().then(f); await f()");
    let fault = ran.fault();
    let ends = ["TimeoutError", "MemoryLimitError"].contains(&fault.name.as_str());
    assert!(ends || fault.message == "null", "{fault:?}");
    fails("const f=()=>f()+1; f()", "RangeError");
    is("const f=()=>f()+1; try { f() } catch (e) { return e.name }", json!("RangeError"));
}

#[test]
fn tampering_with_prototypes_harms_nobody() {
    for tamper in [
        "Array.prototype.map = null",
        "Array.prototype.push = null",
        "String.prototype.slice = null",
        "JSON.stringify = () => { throw 1 }",
        "JSON.parse = null",
        "Object.defineProperty = null",
        "globalThis.Promise = null",
        "Array.prototype[Symbol.iterator] = null",
        "Promise.prototype.then = null",
        "globalThis.Error = null",
        "Error.prepareStackTrace = () => 5",
        "Error.stackTraceLimit = 0",
        "Reflect.construct = null",
    ] {
        let body =
            format!("{tamper}; return await parallel([() => agent('a'), () => {{ throw 1 }}])");
        is(&body, json!(["R(a)", null]));
    }
    let ran = run("Object.prototype.toJSON = function () { return 5 }; return await agent('x')");
    assert!(
        ran.prompts.is_empty() && ran.outcome.is_err(),
        "its own calls are spoilt, nothing else"
    );
}

#[test]
fn an_abort_rejects_what_waits() {
    let script = program(
        "try { await agent('x') } catch (e) { log(e.name); try { await agent('y') } catch (e) { return e.message } }",
    );
    let mut engine = Engine::new(&script, quick(), None).unwrap();
    engine.start();
    assert_eq!(engine.run(), Step::Waiting(1));
    engine.abort("stopped by a person");
    assert_eq!(engine.run(), Step::Done(Ok(Some("\"stopped by a person\"".into()))));
}
