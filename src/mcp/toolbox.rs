//! The tools, and who is shown which.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rmcp::model::{MetaObject, Tool as ToolView, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::arguments::{parse, schema};
use super::caller::{Arguments, Caller};
use super::error::ToolError;
use super::role::Role;
use super::tools;

/// A call under way.
type Work = Pin<Box<dyn Future<Output = Result<Value, ToolError>> + Send>>;

/// One tool.
pub(super) struct Tool {
    /// As clients see it.
    pub(super) view: ToolView,
    /// Does it.
    pub(super) run: Box<dyn Fn(Arc<Caller>, Arguments) -> Work + Send + Sync>,
}

/// A tool whose arguments are an `A`.
pub(super) fn tool<A, F, R>(name: &'static str, about: &'static str, run: F) -> Tool
where
    A: DeserializeOwned + JsonSchema + Send + 'static,
    F: Fn(Arc<Caller>, A) -> R + Copy + Send + Sync + 'static,
    R: Future<Output = Result<Value, ToolError>> + Send + 'static,
{
    let run = move |caller, arguments| -> Work {
        let parsed = parse::<A>(name, arguments);
        Box::pin(async move { run(caller, parsed?).await })
    };
    Tool { view: ToolView::new(name, about, schema::<A>()), run: Box::new(run) }
}

impl Tool {
    /// Clients that load tools only when they are looked for shall offer this one from the start.
    pub(super) fn essential(mut self) -> Self {
        let load = [("anthropic/alwaysLoad".to_owned(), Value::Bool(true))];
        self.view = self.view.with_meta(MetaObject(load.into_iter().collect()));
        self
    }

    /// It looks and changes nothing.
    pub(super) fn reads(mut self) -> Self {
        let hints = ToolAnnotations::new().read_only(true).open_world(false);
        self.view = self.view.with_annotations(hints);
        self
    }

    /// It takes nothing away and reaches nobody outside the project: clients need not ask.
    pub(super) fn harmless(mut self) -> Self {
        let hints = ToolAnnotations::new().destructive(false).open_world(false);
        self.view = self.view.with_annotations(hints);
        self
    }
}

/// The tools of one role.
pub(super) struct Toolbox(Vec<Tool>);

impl Toolbox {
    pub(super) fn of(role: Role) -> Self {
        let mut all = tools::own();
        if role != Role::OneShot {
            all.extend(tools::team());
            all.extend(tools::delegating());
        }
        if role == Role::Conductor {
            all.extend(tools::conducting());
        }
        Self(all)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Tool> {
        self.0.iter().find(|tool| tool.view.name == name)
    }

    pub(super) fn views(&self) -> Vec<ToolView> {
        self.0.iter().map(|tool| tool.view.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters that a tokenizer makes a token of, at the least: JSON is dense, and English has
    /// four or more.
    const CHARACTERS_A_TOKEN: usize = 3;

    fn tokens(role: Role) -> usize {
        let text = serde_json::to_string(&Toolbox::of(role).views()).unwrap();
        text.chars().count() / CHARACTERS_A_TOKEN
    }

    #[test]
    fn the_tools_cost_few_tokens() {
        let (worker, conductor) = (tokens(Role::Worker), tokens(Role::Conductor));
        println!("worker {worker}, conductor {conductor}");
        assert!(worker < 4000, "{worker}");
        assert!(conductor < 6000, "{conductor}");
    }

    #[test]
    fn every_tool_has_a_name_of_its_own_and_says_what_it_does() {
        let views = Toolbox::of(Role::Conductor).views();
        for view in &views {
            assert_eq!(views.iter().filter(|other| other.name == view.name).count(), 1);
            assert!(view.description.as_ref().is_some_and(|text| text.len() > 10), "{}", view.name);
            assert_eq!(view.input_schema["type"], "object");
        }
    }

    #[test]
    fn a_worker_is_not_shown_what_it_may_not_do() {
        let shown = |role, name| Toolbox::of(role).find(name).is_some();
        for name in ["create_agent", "archive_agent", "workflow_run", "flow_run", "permissions"] {
            assert!(shown(Role::Conductor, name), "{name}");
            assert!(!shown(Role::Worker, name), "{name}");
        }
        assert!(shown(Role::Worker, "report") && shown(Role::Worker, "send_message"));
    }
}
