//! What a launch in the one-shot mode comes to. The hooks and files of the other mode have no place
//! in it: what the agent does is read from its output.

use serde_json::Value;

use super::draft::{ARGUMENT_LIMIT, Draft, utf8};
use super::plan::{CONVERSATION, LaunchPlan, Turns};
use crate::agents::AgentError;
use crate::agents::headless::{Form, for_agent};
use crate::model::session::OneShot;

impl Draft<'_> {
    /// Plans it; the task itself is for standard input.
    pub(super) fn one_shot(mut self, one_shot: &OneShot) -> Result<LaunchPlan, AgentError> {
        let manifest = self.manifest;
        let Some(headless) = &manifest.headless else {
            if manifest.binary.is_none() {
                return self.any_command();
            }
            let agent = manifest.name.clone();
            return Err(AgentError::Unsupported { agent, what: "task in a one-shot mode" });
        };
        if let Some(mode) = &self.request.permission
            && let Some(words) = headless.permissions.get(mode)
        {
            self.values.set_words("permission", words.words().to_vec());
        }
        let effort = one_shot.effort.as_ref().and_then(|effort| headless.effort.get(effort));
        if let Some(word) = effort {
            self.values.set("effort", word.clone());
        }
        self.role(headless.system_prompt.unwrap_or(manifest.system_prompt))?;
        let knows_schema = match &one_shot.schema {
            Some(schema) => self.schema(schema)?,
            None => false,
        };
        self.variables();
        let record = headless.record.as_ref().map(|name| self.request.generation_dir.join(name));
        if let Some(record) = &record {
            self.values.set("record_file", utf8(record)?);
        }
        for (name, template) in &headless.env {
            match self.values.variable(template) {
                Some(value) => self.env.insert(name.clone(), value),
                None => self.env.remove(name),
            };
        }
        let argv = self.command(&headless.argv)?;
        let known = self.values.get("conversation_id").map(str::to_owned);
        let again = headless.resume_argv.as_ref().map(|groups| {
            self.values.set("conversation_id", CONVERSATION.to_owned());
            self.command(groups)
        });
        let again = again.transpose()?;
        match known {
            Some(id) => self.values.set("conversation_id", id),
            None => self.values.unset("conversation_id"),
        }
        let preface = self.preface.take();
        let form = Form { record, ..headless.form() };
        let turns = Turns { form, again, knows_schema, preface };
        Ok(self.plan(argv, Some(turns)))
    }

    /// A command's result is what it prints.
    fn any_command(mut self) -> Result<LaunchPlan, AgentError> {
        self.role(self.manifest.system_prompt)?;
        let argv = self.command(&[])?;
        let preface = self.preface.take();
        let turns = Turns { form: Form::default(), again: None, knows_schema: false, preface };
        Ok(self.plan(argv, Some(turns)))
    }

    /// Places the schema where the agent takes one like it; returns whether.
    fn schema(&mut self, schema: &Value) -> Result<bool, AgentError> {
        let takes = self.manifest.headless.as_ref().and_then(|headless| headless.schema);
        let Some(schema) = takes.and_then(|takes| for_agent(schema, takes)) else {
            return Ok(false);
        };
        let text = schema.to_string();
        if text.len() > ARGUMENT_LIMIT {
            return Ok(false);
        }
        let path = self.file("result-schema.json", text.clone())?;
        self.values.set("schema_file", path);
        self.values.set("schema", text);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::draft::tests::request;
    use super::super::{LaunchRequest, launch_plan};
    use super::*;
    use crate::agents::Catalog;

    fn plan(agent: &str, one_shot: OneShot) -> LaunchPlan {
        let request = LaunchRequest {
            system_prompt: one_shot.role.clone(),
            one_shot: Some(one_shot),
            ..request()
        };
        launch_plan(Catalog::built_in().get(agent).unwrap(), &request).unwrap()
    }

    #[test]
    fn the_task_is_in_no_argument_and_no_hook_is_set_up() {
        for agent in ["claude", "codex", "gemini", "opencode", "qwen", "copilot", "pi"] {
            let plan = plan(agent, OneShot::default());
            let all = format!("{:?} {:?} {:?}", plan.argv, plan.env_set, plan.files);
            assert!(!all.contains("do it"), "{all}");
            assert!(!all.contains(" hook "), "{all}");
            let again = plan.turns.unwrap().again.unwrap();
            let places = again.iter().filter(|word| *word == CONVERSATION).count();
            assert_eq!(places, 1, "{agent}: {again:?}");
        }
    }

    #[test]
    fn how_hard_to_think_is_said_in_the_agents_words() {
        for (agent, words) in [
            ("claude", Some("--effort max")),
            ("codex", Some("-c model_reasoning_effort=\"xhigh\"")),
            ("gemini", None),
        ] {
            let effort = |level: Option<&str>| OneShot {
                effort: level.map(str::to_owned),
                ..OneShot::default()
            };
            let told = plan(agent, effort(Some("max"))).argv.join(" ");
            let untold = plan(agent, effort(None)).argv.join(" ");
            assert!(!untold.contains("effort"), "{untold}");
            match words {
                Some(words) => assert!(told.contains(words), "{told}"),
                None => assert_eq!(told, untold),
            }
        }
    }

    #[test]
    fn a_schema_goes_to_those_who_take_it() {
        let open = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        let strict = json!({"type": "object", "properties": {"n": {"type": "integer"}},
            "required": ["n"], "additionalProperties": false});
        for (agent, schema, knows) in [
            ("claude", &open, true),
            ("codex", &open, false),
            ("codex", &strict, true),
            ("gemini", &strict, false),
            ("opencode", &strict, false),
            ("qwen", &open, true),
            ("copilot", &strict, false),
        ] {
            let one_shot = OneShot { schema: Some(schema.clone()), ..OneShot::default() };
            let plan = plan(agent, one_shot);
            assert_eq!(plan.turns.unwrap().knows_schema, knows, "{agent} {schema}");
            let told = plan.argv.iter().any(|word| word.contains("schema"));
            assert_eq!(told, knows, "{agent}: {:?}", plan.argv);
        }
    }

    #[test]
    fn a_role_has_its_place() {
        let one_shot = || OneShot { role: Some("you are a judge".into()), ..OneShot::default() };
        let claude = plan("claude", one_shot());
        assert!(claude.argv.iter().any(|word| word == "you are a judge"));
        let gemini = plan("gemini", one_shot()).turns.unwrap();
        assert_eq!(gemini.preface.as_deref(), Some("you are a judge"));
        let opencode = plan("opencode", one_shot());
        let config = &opencode.env_set["OPENCODE_CONFIG_CONTENT"];
        assert!(config.contains("system-prompt.md") && !config.contains("plugin"), "{config}");
        let without = plan("opencode", OneShot::default());
        assert!(!without.env_set.contains_key("OPENCODE_CONFIG_CONTENT"));
    }
}
