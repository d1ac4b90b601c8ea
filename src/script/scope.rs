//! A context of its own for one script: the prelude's globals, and the ways out of it. The outer
//! script has one, each workflow that it calls another.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Function, Module, Object, Persistent, Runtime, Value,
};
use serde_json::json;

use super::error::Rejected;
use super::protocol::{Fault, FromHost, Program};
use crate::model::workflow::{AgentCall, phase_title};

/// What stands in front of a script's first line.
pub(super) const WRAP: &str = "export default async()=>{";
/// Longest log line in bytes.
const MAX_LINE: usize = 4096;
/// Most log lines, phases and timers of a run.
const MAX_LINES: u64 = 10_000;
const MAX_PHASES: u64 = 1000;
const MAX_TIMERS: u64 = 1000;
/// Longest timer in milliseconds.
const MAX_TIMER_MS: f64 = 24.0 * 60.0 * 60.0 * 1000.0;

/// What all scopes of a run share.
#[derive(Default)]
pub(super) struct Shared {
    /// Messages that wait to be taken.
    pub(super) out: RefCell<Vec<FromHost>>,
    /// Calls that wait for their settlement, and which scope made them.
    pub(super) pending: RefCell<BTreeMap<u64, usize>>,
    /// Scopes whose script is over, in order.
    pub(super) finished: RefCell<Vec<(usize, Finish)>>,
    /// When the running slice must be over.
    pub(super) deadline: Cell<Option<Instant>>,
    /// It was not.
    pub(super) timed_out: Cell<bool>,
    calls: Cell<u64>,
    events: Cell<u64>,
    lines: Cell<u64>,
    phases: Cell<u64>,
    timers: Cell<u64>,
}

/// How a script ended.
pub(super) struct Finish {
    pub(super) outcome: Result<Option<String>, Fault>,
    /// It threw `null`, which is what the engine does when memory is short.
    pub(super) threw_null: bool,
}

impl Shared {
    pub(super) fn event(&self, kind: &str, payload: serde_json::Value) {
        let n = self.events.get() + 1;
        self.events.set(n);
        self.out.borrow_mut().push(FromHost::Event { n, kind: kind.to_owned(), payload });
    }

    /// An event of the script's own, within its bounds.
    fn tell(&self, kind: &str, mut payload: serde_json::Value, scope: &str) {
        let (counter, most) = match kind {
            "phase" => (&self.phases, MAX_PHASES),
            _ => (&self.lines, MAX_LINES),
        };
        counter.set(counter.get() + 1);
        if counter.get() > most + 1 {
            return;
        }
        if counter.get() == most + 1 {
            return self.event(
                "warn",
                json!({ "line": format!("over {most} {kind} lines: the rest is left out") }),
            );
        }
        if let Some(line) = payload["line"].as_str().filter(|line| line.len() > MAX_LINE) {
            payload["line"] = format!("{}…", &line[..line.floor_char_boundary(MAX_LINE)]).into();
        }
        if !scope.is_empty() {
            payload["scope"] = scope.into();
        }
        self.event(kind, payload);
    }

    /// Takes a call: its number, or why it is refused (`T` or `R` in front, for the class).
    fn call(
        &self,
        at: usize,
        scope: &str,
        kind: &str,
        payload: &str,
        stack: Option<String>,
        files: &str,
    ) -> Result<u64, String> {
        let payload: serde_json::Value =
            serde_json::from_str(payload).map_err(|error| format!("T{kind}: {error}"))?;
        let site = stack.and_then(|stack| site(&stack, files));
        match kind {
            "agent" => {
                let (_, warnings) = AgentCall::parse(&payload).map_err(|e| format!("T{e}"))?;
                for warning in warnings {
                    self.tell("warn", json!({ "line": warning, "site": site }), scope);
                }
            }
            "timer" => {
                self.timers.set(self.timers.get() + 1);
                if self.timers.get() > MAX_TIMERS {
                    return Err(format!("Rat most {MAX_TIMERS} timers in a run"));
                }
                if payload["ms"].as_f64().is_none_or(|ms| ms > MAX_TIMER_MS) {
                    return Err("Ra timer takes at most 24 hours".to_owned());
                }
            }
            _ => {}
        }
        let id = self.calls.get() + 1;
        self.calls.set(id);
        self.pending.borrow_mut().insert(id, at);
        self.out.borrow_mut().push(FromHost::Call {
            id,
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            payload,
            site,
        });
        Ok(id)
    }
}

/// What a scope is made with.
pub(super) struct Given<'a> {
    /// Its number.
    pub(super) at: usize,
    /// What its calls are counted under; empty for the outer script.
    pub(super) scope: &'a str,
    /// What may be spent.
    pub(super) total: Option<f64>,
    /// What has been spent.
    pub(super) spent: f64,
}

/// One script and its context. Dropped before the runtime.
pub(super) struct Scope {
    settle: Persistent<Function<'static>>,
    abort: Persistent<Function<'static>>,
    start: Persistent<Function<'static>>,
    script: Persistent<Function<'static>>,
    context: Context,
    file: String,
}

impl Scope {
    /// Compiles the script in a fresh context. Nothing of it runs.
    pub(super) fn new(
        runtime: &Runtime,
        shared: &Rc<Shared>,
        program: &Program,
        given: &Given<'_>,
    ) -> Result<Self, Rejected> {
        let internal =
            |reason: String| Rejected { file: program.file.clone(), line: 1, column: 1, reason };
        let context = Context::full(runtime).map_err(|error| internal(error.to_string()))?;
        let made = context.with(|ctx| -> Result<_, Rejected> {
            let parts = prelude(&ctx, shared, program, given)
                .catch(&ctx)
                .map_err(|e| internal(format!("the prelude failed: {e}")))?;
            let script = compile(&ctx, program)?;
            let keep = |name: &str| -> Result<_, Rejected> {
                let function: Function<'_> =
                    parts.get(name).map_err(|e| internal(e.to_string()))?;
                Ok(Persistent::save(&ctx, function))
            };
            Ok((keep("settle")?, keep("abort")?, keep("start")?, Persistent::save(&ctx, script)))
        })?;
        let (settle, abort, start, script) = made;
        Ok(Self { settle, abort, start, script, context, file: program.file.clone() })
    }

    /// Calls the script.
    pub(super) fn start(&self) {
        self.call(&self.start, |ctx, start| {
            let script = self.script.clone().restore(ctx)?;
            start.call((script,))
        });
    }

    /// Hands over what came of a call.
    pub(super) fn settle(&self, id: u64, ok: bool, json: Option<&str>, spent: f64) {
        self.call(&self.settle, |_, settle| settle.call((id as f64, ok, json, spent)));
    }

    /// Rejects every call that waits.
    pub(super) fn abort(&self, reason: &str) {
        self.call(&self.abort, |_, abort| abort.call((reason,)));
    }

    /// What is thrown here is the engine's own word: too little memory or time, told by the flags.
    fn call(
        &self,
        function: &Persistent<Function<'static>>,
        with: impl for<'js> FnOnce(&Ctx<'js>, Function<'js>) -> rquickjs::Result<Value<'js>>,
    ) {
        self.context.with(|ctx| {
            let done = function.clone().restore(&ctx).and_then(|function| with(&ctx, function));
            if done.is_err() {
                drop(ctx.catch());
            }
        });
    }

    /// The script's frames in a stack.
    pub(super) fn clean(&self, fault: &mut Fault) {
        let stack = fault.stack.take().unwrap_or_default();
        fault.site = site(&stack, &self.file);
        let lines = frames(&stack, &self.file).into_iter().map(|frame| format!("    at {frame}"));
        let lines: Vec<String> = lines.collect();
        fault.stack = (!lines.is_empty()).then(|| lines.join("\n"));
    }
}

fn prelude<'js>(
    ctx: &Ctx<'js>,
    shared: &Rc<Shared>,
    program: &Program,
    given: &Given<'_>,
) -> rquickjs::Result<Object<'js>> {
    let mut options = rquickjs::context::EvalOptions::default();
    options.filename = Some("ao:prelude".to_owned());
    let make: Function<'js> = ctx.eval_with_options(include_str!("prelude.js"), options)?;
    let settings = Object::new(ctx.clone())?;
    settings.set("spent", given.spent)?;
    settings.set("total", given.total)?;
    settings.set("is_child", !given.scope.is_empty())?;
    if let Some(args) = &program.args {
        settings.set("args", args.as_str())?;
    }
    make.call((host(ctx, shared, program, given)?, settings))
}

/// The functions through which a script reaches out.
fn host<'js>(
    ctx: &Ctx<'js>,
    shared: &Rc<Shared>,
    program: &Program,
    given: &Given<'_>,
) -> rquickjs::Result<Object<'js>> {
    let (at, scope, file) = (given.at, given.scope.to_owned(), program.file.clone());
    let object = Object::new(ctx.clone())?;
    let (own, name) = (shared.clone(), scope.clone());
    let call = move |ctx: Ctx<'js>,
                     kind: String,
                     payload: String,
                     stack: Option<String>|
          -> rquickjs::Result<Value<'js>> {
        use rquickjs::IntoJs;
        match own.call(at, &name, &kind, &payload, stack, &file) {
            Ok(id) => (id as f64).into_js(&ctx),
            Err(reason) => reason.into_js(&ctx),
        }
    };
    object.set("call", Function::new(ctx.clone(), call)?)?;
    let own = shared.clone();
    let event = move |kind: String, payload: String| {
        let payload = serde_json::from_str(&payload).unwrap_or_default();
        own.tell(&kind, payload, &scope);
    };
    object.set("event", Function::new(ctx.clone(), event)?)?;
    object.set("title", Function::new(ctx.clone(), |text: String| phase_title(&text))?)?;
    let own = shared.clone();
    let clear = move |id: f64| {
        let id = id as u64;
        if own.pending.borrow_mut().remove(&id).is_some() {
            own.out.borrow_mut().push(FromHost::Clear { id });
        }
    };
    object.set("clear", Function::new(ctx.clone(), clear)?)?;
    let own = shared.clone();
    let finish = move |ok: bool, text: Option<String>, threw_null: bool| {
        let outcome = if ok { Ok(text) } else { Err(fault(text.as_deref())) };
        own.finished.borrow_mut().push((at, Finish { outcome, threw_null }));
    };
    object.set("finish", Function::new(ctx.clone(), finish)?)?;
    Ok(object)
}

fn fault(description: Option<&str>) -> Fault {
    description
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| Fault::new("Error", "it failed with something that cannot be described"))
}

/// The script as a function. Compiled in two wrappers: what breaks out of one is a syntax error in
/// the other, for behind the closing brace a module wants a new statement and a list an item.
fn compile<'js>(ctx: &Ctx<'js>, program: &Program) -> Result<Function<'js>, Rejected> {
    let list = format!("[async()=>{{{}\n}}]", program.body);
    let module = format!("{WRAP}{}\n}}", program.body);
    let declared = Module::declare(ctx.clone(), program.file.as_str(), module);
    let declared = declared.catch(ctx).map_err(|error| rejected(program, &error, WRAP.len()))?;
    let check = Module::declare(ctx.clone(), "ao:check", list);
    check.catch(ctx).map_err(|error| rejected(program, &error, "[async()=>{".len()))?;
    let internal =
        |reason: String| Rejected { file: program.file.clone(), line: 1, column: 1, reason };
    let (module, _) = declared.eval().catch(ctx).map_err(|e| internal(e.to_string()))?;
    module.get("default").map_err(|e| internal(e.to_string()))
}

fn rejected(program: &Program, error: &CaughtError<'_>, prefix: usize) -> Rejected {
    let (message, stack) = match error {
        CaughtError::Exception(e) => {
            (e.message().unwrap_or_default(), e.stack().unwrap_or_default())
        }
        other => (other.to_string(), String::new()),
    };
    let place = stack.lines().find_map(|line| numbers(line.rsplit(['(', ' ']).next()?));
    let (line, column) = place.unwrap_or((1, 1));
    let column = if line == 1 { column.saturating_sub(prefix as u32).max(1) } else { column };
    let mut reason = format!("SyntaxError: {message}");
    if looks_typed(&program.body) {
        reason.push_str(" (a workflow is plain JavaScript, not TypeScript)");
    }
    Rejected { file: program.file.clone(), line, column, reason }
}

/// Whether the script looks like TypeScript.
fn looks_typed(body: &str) -> bool {
    let typed = [
        ": string",
        ": number",
        ": boolean",
        ": any",
        ": unknown",
        "interface ",
        " as const",
        "<string>",
    ];
    typed.iter().any(|part| body.contains(part))
}

/// `:LINE:COLUMN` at the end of a frame's place.
fn numbers(place: &str) -> Option<(u32, u32)> {
    let mut parts = place.trim_end_matches(')').rsplit(':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((line, column))
}

/// The frames of `stack` that lie in `file`, as `NAME (FILE:LINE:COLUMN)`.
fn frames(stack: &str, file: &str) -> Vec<String> {
    let frame = |line: &str| {
        let line = line.trim().strip_prefix("at ").unwrap_or(line.trim());
        let (name, place) = match line.rsplit_once(" (") {
            Some((name, place)) => (name, place.trim_end_matches(')')),
            None => ("", line),
        };
        let rest = place.strip_prefix(file)?.strip_prefix(':')?;
        let (row, column) = numbers(rest.contains(':').then_some(place)?)?;
        let column =
            if row == 1 { column.saturating_sub(WRAP.len() as u32).max(1) } else { column };
        let name = if name.is_empty() || name == "default" || name == "<anonymous>" {
            "<script>"
        } else {
            name
        };
        Some(format!("{name} ({file}:{row}:{column})"))
    };
    stack.lines().filter_map(frame).collect()
}

fn site(stack: &str, file: &str) -> Option<String> {
    let first = frames(stack, file).into_iter().next()?;
    Some(first.rsplit_once(" (")?.1.trim_end_matches(')').to_owned())
}
