//! The engine of one run: compiles, runs to the next wait, takes settlements one at a time. No
//! file, network, clock or randomness is within its reach.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::{Persistent, Runtime, Value};

use super::error::Rejected;
use super::protocol::{Fault, FromHost, Limits, Program, Settled};
use super::scope::{Finish, Given, Scope, Shared};

/// Where a run is.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// It waits for this many calls.
    Waiting(usize),
    /// It is over.
    Done(Result<Option<String>, Fault>),
}

/// Rejections that nobody has handled yet, with what they said.
type Unhandled = Rc<RefCell<Vec<(Persistent<Value<'static>>, String)>>>;

/// One run's engine.
pub struct Engine {
    scopes: Vec<Scope>,
    /// The call in the outer script that each scope answers.
    callers: Vec<Option<u64>>,
    unhandled: Unhandled,
    shared: Rc<Shared>,
    runtime: Runtime,
    limits: Limits,
    total: Option<f64>,
    spent: f64,
    done: bool,
    /// A job ended without the script's doing: there was no memory for it.
    lost_a_job: Cell<bool>,
    threw_null: bool,
}

impl Engine {
    /// Compiles the script. Nothing of it runs.
    ///
    /// # Errors
    /// With the place, when it is no script.
    pub fn new(program: &Program, limits: Limits, total: Option<f64>) -> Result<Self, Rejected> {
        let out_of_memory = |error: rquickjs::Error| Rejected {
            file: program.file.clone(),
            line: 1,
            column: 1,
            reason: error.to_string(),
        };
        let runtime = Runtime::new().map_err(out_of_memory)?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        let shared = Rc::new(Shared::default());
        let own = shared.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let late = own.deadline.get().is_some_and(|deadline| Instant::now() >= deadline);
            own.timed_out.set(own.timed_out.get() || late);
            late
        })));
        let unhandled = track_rejections(&runtime);
        let mut engine = Self {
            scopes: Vec::new(),
            callers: Vec::new(),
            unhandled,
            shared,
            runtime,
            limits,
            total,
            spent: 0.0,
            done: false,
            lost_a_job: Cell::new(false),
            threw_null: false,
        };
        engine.add(program, "", None)?;
        Ok(engine)
    }

    fn add(&mut self, program: &Program, scope: &str, caller: Option<u64>) -> Result<(), Rejected> {
        self.begin_slice();
        let given = Given { at: self.scopes.len(), scope, total: self.total, spent: self.spent };
        let scope = Scope::new(&self.runtime, &self.shared, program, &given);
        self.scopes.push(scope?);
        self.callers.push(caller);
        Ok(())
    }

    /// Calls the script.
    pub fn start(&mut self) {
        self.begin_slice();
        self.scopes[0].start();
    }

    /// Hands over what came of a call.
    pub fn settle(&mut self, settled: &Settled) {
        self.begin_slice();
        self.spent = settled.spent;
        let Some(at) = self.shared.pending.borrow_mut().remove(&settled.id) else { return };
        match &settled.outcome {
            Ok(json) => self.scopes[at].settle(settled.id, true, json.as_deref(), self.spent),
            Err(fault) => {
                let fault = serde_json::to_string(fault).expect("a fault is plain JSON");
                self.scopes[at].settle(settled.id, false, Some(&fault), self.spent);
            }
        }
    }

    /// Runs the workflow that the call `id` asked for.
    pub fn child(&mut self, id: u64, name: &str, scope: &str, program: &Program) {
        self.shared.event("child", serde_json::json!({ "name": name, "scope": scope }));
        if let Err(rejected) = self.add(program, scope, Some(id)) {
            let fault = Fault::new("Error", rejected.to_string());
            return self.settle(&Settled { id, outcome: Err(fault), spent: self.spent });
        }
        self.begin_slice();
        let newest = self.scopes.len() - 1;
        self.scopes[newest].start();
    }

    /// Rejects every call that waits.
    pub fn abort(&mut self, reason: &str) {
        self.begin_slice();
        self.shared.pending.borrow_mut().clear();
        for scope in &self.scopes {
            scope.abort(reason);
        }
    }

    fn begin_slice(&self) {
        let slice = Duration::from_millis(self.limits.slice_ms);
        self.shared.deadline.set(Some(Instant::now() + slice));
    }

    /// Runs until nothing is left to do, and says where that is.
    pub fn run(&mut self) -> Step {
        loop {
            let is_late = self.jobs();
            if is_late || self.shared.timed_out.get() {
                return self.over(Err(self.timeout()));
            }
            let finished = std::mem::take(&mut *self.shared.finished.borrow_mut());
            if finished.is_empty() {
                break;
            }
            for (at, finish) in finished {
                let outcome = self.judge(at, finish);
                match self.callers[at] {
                    None => return self.over(outcome),
                    Some(id) => self.settle(&Settled { id, outcome, spent: self.spent }),
                }
            }
        }
        let pending = self.shared.pending.borrow().len();
        if pending > 0 {
            return Step::Waiting(pending);
        }
        if self.lost_a_job.get() {
            return self.over(Err(self.out_of_memory()));
        }
        let text =
            "it awaits a promise that nothing can settle: no agent, workflow or timer is pending";
        self.over(Err(Fault::new("DeadlockError", text)))
    }

    /// Jobs until none is left; the answer is whether the slice ended first.
    fn jobs(&self) -> bool {
        while self.runtime.is_job_pending() {
            if self.shared.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
                return true;
            }
            // What a script throws rejects a promise; a job that throws was interrupted, or had no
            // memory.
            let done = self.runtime.execute_pending_job();
            if self.shared.timed_out.get() {
                return true;
            }
            if let Err(thrown) = done {
                thrown.0.with(|ctx| drop(ctx.catch()));
                self.lost_a_job.set(true);
            }
        }
        false
    }

    fn judge(&mut self, at: usize, finish: Finish) -> Result<Option<String>, Fault> {
        self.threw_null |= finish.threw_null;
        finish.outcome.map_err(|mut fault| {
            self.scopes[at].clean(&mut fault);
            let usage = self.runtime.memory_usage();
            let short = usage.malloc_size >= usage.malloc_limit / 20 * 19;
            let is_memory = fault.message == "out of memory" || (finish.threw_null && short);
            if is_memory && matches!(fault.name.as_str(), "InternalError" | "Error") {
                let place = (fault.stack, fault.site);
                fault = self.out_of_memory();
                (fault.stack, fault.site) = place;
            }
            fault
        })
    }

    /// Whether it ended by throwing `null`: the script's own, or the engine's, which does so where
    /// it has no memory for an error. By then that memory may be free again.
    #[must_use]
    pub fn threw_null(&self) -> bool {
        self.threw_null
    }

    /// The error of a script that needs more memory than it may have.
    #[must_use]
    pub fn out_of_memory(&self) -> Fault {
        let text = format!("it needs more than {} MiB", self.limits.memory >> 20);
        Fault::new("MemoryLimitError", text)
    }

    fn timeout(&self) -> Fault {
        let ms = self.limits.slice_ms;
        let text = format!("it ran for {ms} ms without waiting for an agent: an endless loop?");
        let mut fault = Fault::new("TimeoutError", text);
        for (at, finish) in self.shared.finished.borrow_mut().drain(..) {
            if let Err(mut thrown) = finish.outcome {
                self.scopes[at].clean(&mut thrown);
                (fault.stack, fault.site) = (thrown.stack, thrown.site);
            }
        }
        fault
    }

    fn over(&mut self, outcome: Result<Option<String>, Fault>) -> Step {
        self.done = true;
        for (_, text) in self.unhandled.borrow_mut().drain(..) {
            let line = format!("unhandled rejection: {text}");
            self.shared.event("warn", serde_json::json!({ "line": line }));
        }
        Step::Done(outcome)
    }

    /// What the script has said since the last time.
    pub fn take_messages(&mut self) -> Vec<FromHost> {
        std::mem::take(&mut *self.shared.out.borrow_mut())
    }

    /// Bytes that the engine holds.
    #[must_use]
    pub fn memory(&self) -> i64 {
        self.runtime.memory_usage().malloc_size
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What holds on to values goes before the runtime they live in.
        self.unhandled.borrow_mut().clear();
        self.runtime.set_host_promise_rejection_tracker(None);
    }
}

fn track_rejections(runtime: &Runtime) -> Unhandled {
    let unhandled = Unhandled::default();
    let own = unhandled.clone();
    runtime.set_host_promise_rejection_tracker(Some(Box::new(
        move |ctx, promise, reason, is_handled| {
            let mut list = own.borrow_mut();
            let promise = Persistent::save(&ctx, promise);
            if is_handled {
                list.retain(|(known, _)| *known != promise);
            } else if list.len() < 100 {
                list.push((promise, describe(&reason)));
            }
        },
    )));
    unhandled
}

fn describe(reason: &Value<'_>) -> String {
    match reason.as_exception() {
        Some(exception) => exception.message().unwrap_or_default(),
        None => reason
            .as_string()
            .and_then(|text| text.to_string().ok())
            .unwrap_or_else(|| "<non-string error>".to_owned()),
    }
}
