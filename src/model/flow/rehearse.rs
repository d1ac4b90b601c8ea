//! Runs a flow without agents and programs, by a clock of its own: what would be asked of whom, in
//! which order, and what would come of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::ids::Timestamp;

use super::condition::is_true;
use super::definition::{Flow, Foreach, Kind, Step};
use super::fold::{Input, fold};
use super::schedule::{Run, StepState, Verdict, next, verdict};
use super::scope::{StepResult, StepScope};

/// One attempt, as whoever answers for it sees it.
#[derive(Debug)]
pub struct Work<'a> {
    /// The step.
    pub step: &'a Step,
    /// 1, 2, 3 …
    pub attempt: u32,
    /// The item's number, in a step with `foreach`.
    pub index: Option<usize>,
    /// The prompt, or program and arguments, or what the person is asked.
    pub input: Vec<String>,
}

/// Something that would happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// An attempt.
    Attempt {
        /// The step.
        step: String,
        /// 1, 2, 3 …
        attempt: u32,
        /// The item's number.
        index: Option<usize>,
        /// See [`Work::input`].
        input: Vec<String>,
        /// What came of it.
        outcome: Result<StepResult, String>,
    },
    /// A step that is settled without an attempt.
    Settled {
        /// The step.
        step: String,
        /// Its state.
        state: StepState,
    },
}

/// A run that was only rehearsed.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// What happened, in order.
    pub happenings: Vec<Happening>,
    /// Where each step stands.
    pub runs: BTreeMap<String, Run>,
    /// The results.
    pub results: BTreeMap<String, StepResult>,
    /// What became of the whole.
    pub verdict: Verdict,
}

/// Rehearses the flow with these arguments. `answer` stands for agents, programs and people; for a
/// gate its result means that it is let pass.
pub fn rehearse(
    flow: &Flow,
    args: &BTreeMap<String, Value>,
    mut answer: impl FnMut(&Work<'_>) -> Result<StepResult, String>,
) -> Rehearsal {
    let mut stage = Stage {
        flow,
        args,
        happenings: Vec::new(),
        runs: flow.steps.iter().map(|step| (step.id.clone(), Run::new())).collect(),
        results: BTreeMap::new(),
        now: Timestamp(0),
    };
    loop {
        let next = next(flow, &stage.runs, stage.now);
        if !next.settle.is_empty() {
            next.settle.into_iter().for_each(|(id, state)| stage.settle(&id, state));
        } else if !next.start.is_empty() {
            // Together, as they would be: none sees what another of them came to.
            let before = stage.results.clone();
            for id in next.start {
                stage.attempt(&id, &before, &mut answer);
            }
        } else if let Some(at) = next.wake_at {
            stage.now = at;
        } else {
            let verdict = verdict(flow, &stage.runs);
            let Stage { happenings, runs, results, .. } = stage;
            return Rehearsal { happenings, runs, results, verdict };
        }
    }
}

struct Stage<'a> {
    flow: &'a Flow,
    args: &'a BTreeMap<String, Value>,
    happenings: Vec<Happening>,
    runs: BTreeMap<String, Run>,
    results: BTreeMap<String, StepResult>,
    now: Timestamp,
}

impl Stage<'_> {
    fn settle(&mut self, id: &str, state: StepState) {
        if let Some(run) = self.runs.get_mut(id) {
            run.state = state;
        }
        self.happenings.push(Happening::Settled { step: id.to_owned(), state });
    }

    fn attempt(
        &mut self,
        id: &str,
        before: &BTreeMap<String, StepResult>,
        answer: &mut impl FnMut(&Work<'_>) -> Result<StepResult, String>,
    ) {
        let flow = self.flow;
        let (Some(step), Some(mut run)) = (flow.step(id), self.runs.get(id).copied()) else {
            return;
        };
        let scope = StepScope { args: self.args, results: before, item: None };
        if step.when.as_ref().is_some_and(|when| !is_true(when, &scope)) {
            self.settle(id, StepState::Skipped);
            return;
        }
        run.attempts += 1;
        let outcome = match &step.foreach {
            None => self.one(step, run.attempts, scope, answer),
            Some(foreach) => self.items(&scope, foreach).and_then(|items| {
                let each = items.iter().enumerate().map(|item| {
                    let scope = StepScope { item: Some(item), ..scope };
                    self.one(step, run.attempts, scope, answer).map(|result| result.value())
                });
                each.collect::<Result<Vec<Value>, String>>()
                    .map(|values| StepResult::of_json(Value::Array(values)))
            }),
        };
        let run = run.after_attempt(step, outcome.is_ok(), self.now);
        self.runs.insert(id.to_owned(), run);
        if let Ok(result) = outcome {
            self.results.insert(id.to_owned(), result);
        }
    }

    /// A result that nobody has made up is a text that names its step, and has no items.
    fn items(&self, scope: &StepScope<'_>, foreach: &Foreach) -> Result<Vec<Value>, String> {
        let over = foreach.over.step().and_then(|id| scope.results.get(id));
        match over {
            Some(StepResult { json: None, .. }) => Ok(Vec::new()),
            _ => scope.items(&foreach.over, foreach.limit),
        }
    }

    fn one(
        &mut self,
        step: &Step,
        attempt: u32,
        scope: StepScope<'_>,
        answer: &mut impl FnMut(&Work<'_>) -> Result<StepResult, String>,
    ) -> Result<StepResult, String> {
        let index = scope.item.map(|(index, _)| index);
        let input = match &step.kind {
            Kind::Agent(agent) => vec![scope.fill(&agent.prompt)],
            Kind::Command(command) => command.argv.iter().map(|part| scope.fill(part)).collect(),
            Kind::Gate(gate) => gate.prompt.iter().map(|prompt| scope.fill(prompt)).collect(),
            Kind::Fold(fold) => match &fold.agent {
                Some(agent) => vec![scope.fill(&agent.prompt)],
                None => fold.inputs.clone(),
            },
        };
        let folded = match &step.kind {
            Kind::Fold(wanted) => fold(wanted.mode, &self.inputs(&wanted.inputs, scope.results)),
            _ => None,
        };
        let outcome = match folded {
            Some(folded) => Ok(StepResult { text: folded.text, json: folded.json }),
            None => answer(&Work { step, attempt, index, input: input.clone() }),
        };
        self.happenings.push(Happening::Attempt {
            step: step.id.clone(),
            attempt,
            index,
            input,
            outcome: outcome.clone(),
        });
        outcome
    }

    fn inputs(&self, ids: &[String], results: &BTreeMap<String, StepResult>) -> Vec<Input> {
        let of = |id: &String| {
            let result = results.get(id);
            let state = self.runs.get(id).map_or("not known", |run| run.state.as_str());
            Input {
                id: id.clone(),
                text: result
                    .map(|result| result.text.clone())
                    .ok_or_else(|| state.replace('_', " ")),
                json: result.and_then(|result| result.json.clone()),
            }
        };
        ids.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn step(id: &str, on: &[&str], more: &str) -> String {
        let on: Vec<String> = on.iter().map(|id| format!("{id:?}")).collect();
        format!(
            "[[step]]\nid = {id:?}\nprompt = \"do {id}\"\ndepends_on = [{}]\n{more}\n",
            on.join(", ")
        )
    }

    fn flow(steps: &[String]) -> Flow {
        read(&format!("name = \"t\"\n{}", steps.concat())).unwrap()
    }

    fn play(flow: &Flow, fails: &[(&str, u32)]) -> Rehearsal {
        rehearse(flow, &BTreeMap::new(), |work| {
            let failures = fails.iter().find(|(id, _)| *id == work.step.id).map_or(0, |(_, n)| *n);
            if work.attempt <= failures {
                return Err("as told".to_owned());
            }
            Ok(StepResult::of_text(format!("R({})", work.input.join(" "))))
        })
    }

    fn states(rehearsal: &Rehearsal) -> Vec<(&str, &str)> {
        rehearsal.runs.iter().map(|(id, run)| (id.as_str(), run.state.as_str())).collect()
    }

    /// G02: two that wait for the same run together, and what waits for both after them.
    #[test]
    fn a_diamond() {
        let flow = flow(&[
            step("a", &[], ""),
            step("b", &["a"], ""),
            step("c", &["a"], ""),
            step("d", &["b", "c"], ""),
        ]);
        let played = play(&flow, &[]);
        let order: Vec<&str> = played
            .happenings
            .iter()
            .filter_map(|h| match h {
                Happening::Attempt { step, .. } => Some(step.as_str()),
                Happening::Settled { .. } => None,
            })
            .collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
        assert_eq!(played.verdict, Verdict::Completed);
    }

    /// G07: a second attempt.
    #[test]
    fn an_attempt_that_is_left_is_taken() {
        let flow = flow(&[step("a", &[], "max_attempts = 2\nbackoff_s = 30")]);
        let played = play(&flow, &[("a", 1)]);
        assert_eq!((played.runs["a"].attempts, played.verdict), (2, Verdict::Completed));
    }

    /// G08: what depends on a failure is blocked, everything else goes on, the run has failed.
    #[test]
    fn a_failure_blocks_what_depends_on_it_and_nothing_else() {
        let flow = flow(&[
            step("a", &[], ""),
            step("b", &["a"], ""),
            step("c", &[], ""),
            step("d", &["b"], ""),
        ]);
        let played = play(&flow, &[("a", 9)]);
        let wanted = [("a", "failed"), ("b", "blocked"), ("c", "done"), ("d", "blocked")];
        assert_eq!(states(&played), wanted);
        assert_eq!(played.verdict, Verdict::Failed);
    }

    #[test]
    fn a_failure_may_be_gone_on_from_or_take_its_dependents_along() {
        let on = |word: &str| {
            flow(&[
                step("a", &[], &format!("on_failure = {word:?}")),
                step("b", &["a"], ""),
                step("c", &["b"], ""),
            ])
        };
        let went_on = play(&on("continue"), &[("a", 9)]);
        assert_eq!(states(&went_on), [("a", "failed"), ("b", "done"), ("c", "done")]);
        assert_eq!(went_on.verdict, Verdict::Completed);
        let left_out = play(&on("skip_dependents"), &[("a", 9)]);
        let skipped = "skipped_by_failure";
        assert_eq!(states(&left_out), [("a", "failed"), ("b", skipped), ("c", skipped)]);
        assert_eq!(left_out.verdict, Verdict::Completed);
    }

    /// G16: a condition that does not hold skips the step; what depends on it runs without it.
    #[test]
    fn a_skipped_step_is_no_obstacle() {
        let text = "name = \"t\"\n[[step]]\nid = \"find\"\nprompt = \"x\"\n\
            [[step]]\nid = \"check\"\ndepends_on = [\"find\"]\nprompt = \"y\"\n\
            when = \"steps.find.json.files.length > 0\"\n\
            [[step]]\nid = \"end\"\nkind = \"fold\"\ninputs = [\"find\", \"check\"]\nmode = \"json_object\"\n";
        let flow = read(text).unwrap();
        let played =
            rehearse(&flow, &BTreeMap::new(), |_| Ok(StepResult::of_text("{\"files\": []}")));
        assert_eq!(played.runs["check"].state, StepState::Skipped);
        let end = played.results["end"].json.clone().unwrap();
        assert_eq!(end, serde_json::json!({"find": {"files": []}, "check": null}));
        assert_eq!(played.verdict, Verdict::Completed);
    }

    /// G10: the order of the inputs, not that of their ends.
    #[test]
    fn a_fold_keeps_the_order_of_its_inputs() {
        let fold = "[[step]]\nid = \"f\"\nkind = \"fold\"\ninputs = [\"c\", \"a\", \"b\"]\n";
        let flow =
            flow(&[step("a", &[], ""), step("b", &[], ""), step("c", &[], ""), fold.to_owned()]);
        let text = &play(&flow, &[]).results["f"].text;
        let at = |id: &str| text.find(&format!("## {id}")).unwrap();
        assert!(at("c") < at("a") && at("a") < at("b"), "{text}");
    }

    #[test]
    fn a_step_is_done_for_each_item() {
        let text = "name = \"t\"\n[[step]]\nid = \"list\"\nprompt = \"x\"\n\
            [[step]]\nid = \"each\"\ndepends_on = [\"list\"]\nforeach = \"steps.list.json\"\n\
            prompt = \"{{index}}: {{item.name}}\"\n";
        let flow = read(text).unwrap();
        let played = rehearse(&flow, &BTreeMap::new(), |work| {
            Ok(match work.index {
                None => StepResult::of_text(r#"[{"name": "p"}, {"name": "q"}]"#),
                Some(_) => StepResult::of_text(work.input[0].clone()),
            })
        });
        assert_eq!(played.results["each"].json, Some(serde_json::json!(["0: p", "1: q"])));
    }

    /// No more at once than the flow allows, whatever its shape; and every run ends.
    #[test]
    fn random_flows_end() {
        use proptest::prelude::*;
        proptest!(ProptestConfig::with_cases(200), |(
            edges in proptest::collection::vec((0usize..12, 0usize..12), 0..30),
            fails in proptest::collection::vec(0u32..3, 12),
            modes in proptest::collection::vec(0usize..3, 12),
        )| {
            let names: Vec<String> = (0..12).map(|n| format!("s{n:02}")).collect();
            let modes: Vec<&str> =
                modes.iter().map(|n| ["fail", "continue", "skip_dependents"][*n]).collect();
            let steps: Vec<String> = (0..12)
                .map(|n| {
                    let mut on: Vec<&str> = edges
                        .iter()
                        .filter(|(from, to)| *from == n && *to < n)
                        .map(|(_, to)| names[*to].as_str())
                        .collect();
                    on.sort_unstable();
                    on.dedup();
                    step(&names[n], &on, &format!("max_attempts = 2\non_failure = {:?}", modes[n]))
                })
                .collect();
            let flow = flow(&steps);
            let fails: Vec<(&str, u32)> = names.iter().map(String::as_str).zip(fails).collect();
            let played = play(&flow, &fails);
            prop_assert!(played.runs.values().all(|run| run.state.is_over()));
            let bad = flow.steps.iter().any(|step| {
                played.runs[&step.id].state == StepState::Failed && step.on_failure == super::super::OnFailure::Fail
            });
            prop_assert_eq!(played.verdict == Verdict::Failed, bad);
        });
    }
}
