//! A plan in the making.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::options::{check_model, conversation, permission};
use super::plan::{LaunchPlan, LaunchRequest, Turns};
use crate::agents::AgentError;
use crate::agents::claude;
use crate::agents::manifest::{Hooks, Manifest, PromptChannel, SystemPromptChannel};
use crate::agents::shell::shell_word;
use crate::agents::template::{ArgumentGroup, Values};

/// Longest value that is put into an argument, in bytes. Linux takes 128 KiB for each, and some
/// room is left for what a program adds when it starts another.
pub(super) const ARGUMENT_LIMIT: usize = 100_000;

/// Claude Code's own word for permissions that are not asked for.
const CLAUDE_BYPASS: &str = "bypassPermissions";

/// Plans a launch.
///
/// # Errors
/// When the agent cannot be told what is asked for, or a value does not fit into an argument.
pub fn launch_plan(manifest: &Manifest, request: &LaunchRequest) -> Result<LaunchPlan, AgentError> {
    let mut draft = Draft::new(manifest, request)?;
    draft.surroundings()?;
    if let Some(one_shot) = &request.one_shot {
        return draft.one_shot(one_shot);
    }
    draft.role(manifest.system_prompt)?;
    draft.task()?;
    draft.settings()?;
    draft.files()?;
    draft.variables();
    draft.finish()
}

/// A plan in the making.
pub(super) struct Draft<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) request: &'a LaunchRequest,
    pub(super) values: Values,
    pub(super) env: BTreeMap<String, String>,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// What goes before the task.
    pub(super) preface: Option<String>,
    paste: Option<String>,
}

impl<'a> Draft<'a> {
    fn new(manifest: &'a Manifest, request: &'a LaunchRequest) -> Result<Self, AgentError> {
        let agent = || manifest.name.clone();
        match (&manifest.binary, request.command.first()) {
            (None, None) => return Err(AgentError::NoCommand(agent())),
            (Some(_), Some(_)) => return Err(AgentError::HasCommand(agent())),
            _ => {}
        }
        let mut values = Values::default();
        values.set("session_id", request.session.to_string());
        values.set("project_id", request.project.to_string());
        check_model(manifest, request.model.as_deref())?;
        if let Some(model) = &request.model {
            values.set("model", model.clone());
        }
        if let Some(mode) = &request.permission {
            values.set_words("permission", permission(manifest, mode)?);
        }
        if let Some(id) = conversation(manifest, request)? {
            let of_session = request.generation_dir.parent().unwrap_or(&request.generation_dir);
            let file = of_session.join(format!("conversation-{id}"));
            values.set("conversation_file", utf8(&file)?);
            values.set("conversation_id", id);
        }
        let (env, files) = (BTreeMap::new(), Vec::new());
        Ok(Self { manifest, request, values, env, files, preface: None, paste: None })
    }

    /// Where the agent works, and how it calls back.
    fn surroundings(&mut self) -> Result<(), AgentError> {
        let request = self.request;
        let ao = utf8(&request.ao_binary)?;
        for event in self.manifest.told_events() {
            let command = format!("{} hook {} {event}", shell_word(&ao), self.manifest.dialect());
            self.values.set(&format!("hook.{event}"), command);
        }
        self.toolbox(&ao);
        self.values.set("ao", ao);
        self.values.set("worktree", utf8(&request.worktree)?);
        self.values.set("generation_dir", utf8(&request.generation_dir)?);
        if let Some(repository) = &request.trusted_repository {
            self.values.set("trusted_repository", utf8(repository)?);
        }
        if let Some(git) = &request.git_dirs {
            self.values.set("git_dir", utf8(&git.own)?);
            self.values.set("git_common_dir", utf8(&git.common)?);
        }
        if request.open_network {
            self.values.set_flag("open_network");
        }
        Ok(())
    }

    /// ao's tools: by absolute path, for a server that the agent starts has its own PATH.
    fn toolbox(&mut self, ao: &str) {
        let on = self.request.toolbox;
        let server = serde_json::json!({"command": ao, "args": ["mcp"]});
        let servers = if on { serde_json::json!({"ao": server}) } else { serde_json::json!({}) };
        self.values.set_raw("mcp_servers", servers.to_string());
        self.values.set_raw("toolbox_enabled", on.to_string());
        if on {
            self.values.set("toolbox", ao.to_owned());
        }
    }

    /// Places the system prompt.
    pub(super) fn role(&mut self, channel: SystemPromptChannel) -> Result<(), AgentError> {
        let Some(text) = self.request.system_prompt.clone() else { return Ok(()) };
        match channel {
            SystemPromptChannel::Argv => {
                self.values.set("system_prompt", text);
            }
            SystemPromptChannel::File => {
                let name = &self.manifest.system_prompt_name;
                let path = self.file(name, text)?;
                let folder = Path::new(&path).parent().expect("a file is in a directory");
                self.values.set("system_prompt_dir", utf8(folder)?);
                self.env.insert("AO_SYSTEM_PROMPT_FILE".into(), path.clone());
                self.values.set("system_prompt_file", path);
            }
            SystemPromptChannel::Prompt => self.preface = Some(text),
        }
        Ok(())
    }

    /// Places the task, with the role before it where that is the agent's only way. The whole text
    /// is in a file too, whose path stands in for it where it is too long.
    fn task(&mut self) -> Result<(), AgentError> {
        let parts = [self.preface.take(), self.request.prompt.clone()];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
        if text.trim().is_empty() {
            return Ok(());
        }
        let path = self.file("prompt.md", text.clone())?;
        self.env.insert("AO_PROMPT_FILE".into(), path.clone());
        let pointer =
            format!("Your task is in the file {path} . Read all of it, then do what it says.");
        match self.manifest.prompt {
            PromptChannel::Argv if text.len() > ARGUMENT_LIMIT => {
                self.values.set("prompt", pointer);
            }
            PromptChannel::Argv => {
                // A text that begins with a dash would be read as an option.
                let text = if text.starts_with('-') { format!(" {text}") } else { text };
                self.values.set("prompt", text);
            }
            PromptChannel::File => {
                self.values.set("prompt_file", path);
            }
            PromptChannel::Paste => {
                let long = text.chars().count() > self.manifest.inject.inline_limit;
                self.paste = Some(if long { pointer } else { text });
            }
        }
        Ok(())
    }

    /// The settings file of an agent that has one.
    fn settings(&mut self) -> Result<(), AgentError> {
        if self.manifest.hooks == Hooks::Claude && self.manifest.takes("settings_file") {
            let bypass = self.values.get("permission") == Some(CLAUDE_BYPASS);
            let ao = utf8(&self.request.ao_binary)?;
            let wait_s = self.manifest.permission_hook.wait_s;
            let dir = &self.request.generation_dir;
            let settings = claude::settings(&ao, dir, bypass, wait_s);
            let path = self.file("claude-settings.json", format!("{settings:#}\n"))?;
            self.values.set("settings_file", path);
        }
        Ok(())
    }

    /// The manifest's own files. One that needs an absent value is not written, and what names it
    /// is left out.
    fn files(&mut self) -> Result<(), AgentError> {
        for file in &self.manifest.files {
            if let Some(text) = self.values.embedded(&file.text) {
                let path = self.file(&file.name, text)?;
                self.values.set(&format!("file.{}", file.name), path);
            }
        }
        Ok(())
    }

    pub(super) fn variables(&mut self) {
        let env = &self.manifest.env;
        let trusted = self.request.trusted_repository.is_some();
        let own = env.set_in_own_worktree.iter().filter(|_| trusted);
        for (name, template) in env.set.iter().chain(own) {
            if let Some(value) = self.values.variable(template) {
                self.env.insert(name.clone(), value);
            }
        }
    }

    pub(super) fn file(&mut self, name: &str, text: String) -> Result<String, AgentError> {
        let path = self.request.generation_dir.join(name);
        let written = utf8(&path)?;
        self.files.push((path, text.into_bytes()));
        Ok(written)
    }

    fn finish(self) -> Result<LaunchPlan, AgentError> {
        let plain = &self.manifest.argv;
        let resume = self.manifest.resume_argv.as_ref().filter(|_| self.request.resume);
        let argv = self.command(resume.unwrap_or(plain))?;
        Ok(self.plan(argv, None))
    }

    /// The program with these arguments.
    pub(super) fn command(&self, groups: &[ArgumentGroup]) -> Result<Vec<String>, AgentError> {
        let arguments = self.values.arguments(groups);
        let program = self.manifest.binary.iter().cloned();
        let argv: Vec<String> =
            program.chain(arguments).chain(self.request.command.iter().cloned()).collect();
        for argument in &argv {
            check_argument(argument, &self.values)?;
        }
        Ok(argv)
    }

    pub(super) fn plan(self, argv: Vec<String>, turns: Option<Turns>) -> LaunchPlan {
        LaunchPlan {
            argv,
            env_set: self.env,
            env_unset: self.manifest.env.unset.clone(),
            files: self.files,
            prompt_at_launch: self.request.one_shot.is_some()
                || ["prompt", "prompt_file"].iter().any(|p| self.values.get(p).is_some()),
            prompt_by_paste: self.paste,
            conversation_id: self.values.get("conversation_id").map(str::to_owned),
            turns,
        }
    }
}

fn check_argument(argument: &str, values: &Values) -> Result<(), AgentError> {
    let name = || values.name_of(argument).unwrap_or("argument").replace('_', " ");
    if argument.contains('\0') {
        return Err(AgentError::ZeroByte(name()));
    }
    if argument.len() > ARGUMENT_LIMIT {
        let bytes = argument.len();
        return Err(AgentError::TooLong { what: name(), bytes, limit: ARGUMENT_LIMIT });
    }
    Ok(())
}

pub(super) fn utf8(path: &Path) -> Result<String, AgentError> {
    path.to_str().map(str::to_owned).ok_or_else(|| AgentError::NotUtf8(path.to_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::agents::Catalog;
    use crate::agents::launch_plan::plan::GitDirs;
    use crate::model::ids::{ProjectId, SessionId};

    pub(in super::super) fn request() -> LaunchRequest {
        LaunchRequest {
            session: SessionId::parse("shop-1").unwrap(),
            project: ProjectId::parse("shop").unwrap(),
            command: Vec::new(),
            prompt: Some("do it".into()),
            system_prompt: Some("you are".into()),
            model: None,
            permission: None,
            conversation_id: Some("11111111-2222-4333-8444-555555555555".into()),
            resume: false,
            generation_dir: "/d/sessions/shop-1/1".into(),
            ao_binary: "/usr/bin/ao".into(),
            worktree: "/d/worktrees/shop/shop-1".into(),
            git_dirs: Some(GitDirs {
                own: "/r/.git/worktrees/shop-1".into(),
                common: "/r/.git".into(),
            }),
            trusted_repository: Some("/r".into()),
            open_network: false,
            toolbox: true,
            one_shot: None,
        }
    }

    fn plan(agent: &str, request: &LaunchRequest) -> Result<LaunchPlan, AgentError> {
        launch_plan(Catalog::built_in().get(agent).unwrap(), request)
    }

    fn after<'a>(plan: &'a LaunchPlan, flag: &str) -> Option<&'a str> {
        let at = plan.argv.iter().position(|a| a == flag)?;
        plan.argv.get(at + 1).map(String::as_str)
    }

    #[test]
    fn claude_gets_its_role_in_its_arguments_and_its_task_pasted() {
        let request = LaunchRequest {
            model: Some("sonnet".into()),
            permission: Some("ask".into()),
            ..request()
        };
        let plan = plan("claude", &request).unwrap();
        assert_eq!(plan.argv[0], "claude");
        assert!(plan.argv.iter().all(|argument| !argument.contains("do it")));
        assert_eq!(plan.prompt_by_paste.as_deref(), Some("do it"));
        assert_eq!(after(&plan, "--append-system-prompt"), Some("you are"));
        assert_eq!(after(&plan, "--model"), Some("sonnet"));
        assert_eq!(after(&plan, "--permission-mode"), Some("default"));
        assert_eq!(after(&plan, "--session-id"), request.conversation_id.as_deref());
        let settings = after(&plan, "--settings").unwrap();
        let (_, text) = plan.files.iter().find(|(p, _)| p.to_str() == Some(settings)).unwrap();
        let settings: serde_json::Value = serde_json::from_slice(text).unwrap();
        assert!(settings["hooks"]["Stop"].is_array());
        assert!(settings.get("skipDangerousModePermissionPrompt").is_none());
        assert_eq!(plan.conversation_id, request.conversation_id);
        assert_eq!(plan.env_set["CLAUDE_CODE_SANDBOXED"], "1");
        assert!(plan.unsets("CLAUDECODE") && plan.unsets("CLAUDE_CODE_SESSION_ID"));
        assert!(!plan.unsets("CLAUDE_CONFIG_DIR") && !plan.unsets("PATH"));
        assert!(plan.env_set.keys().all(|k| !k.contains("KEY") && !k.contains("TOKEN")));
        assert!(plan.files.iter().all(|(p, _)| p.starts_with(&request.generation_dir)));
    }

    #[test]
    fn the_tools_are_given_unless_they_are_off() {
        for agent in ["claude", "codex", "opencode", "gemini", "qwen", "copilot"] {
            let said = |toolbox| {
                let plan = plan(agent, &LaunchRequest { toolbox, ..request() }).unwrap();
                let files = plan.files.iter().map(|(_, text)| String::from_utf8_lossy(text).into());
                let variables = plan.env_set.values().cloned();
                files.chain(plan.argv).chain(variables).collect::<Vec<String>>().join("\n")
            };
            let (on, off) = (said(true), said(false));
            let has = |text: &str| text.contains("\"mcp\"]") && text.contains("/usr/bin/ao");
            assert!(has(&on), "{agent}: {on}");
            assert!(!has(&off) || off.contains("\"enabled\":false"), "{agent}: {off}");
        }
    }

    #[test]
    fn trust_is_only_for_our_own_worktrees() {
        let request = LaunchRequest { trusted_repository: None, ..request() };
        let plan = plan("claude", &request).unwrap();
        assert!(!plan.env_set.contains_key("CLAUDE_CODE_SANDBOXED"));
    }

    #[test]
    fn absent_values_leave_no_flag() {
        let request =
            LaunchRequest { prompt: None, system_prompt: None, conversation_id: None, ..request() };
        let plan = plan("claude", &request).unwrap();
        assert_eq!(plan.argv.len(), 7, "{:?}", plan.argv);
        assert_eq!(after(&plan, "-n"), Some("shop-1"));
    }

    #[test]
    fn resuming_names_the_conversation() {
        let request = LaunchRequest { resume: true, ..request() };
        let resumed = plan("claude", &request).unwrap();
        assert_eq!(after(&resumed, "--resume"), request.conversation_id.as_deref());
        assert_eq!(after(&resumed, "--session-id"), None);
        let unknown = LaunchRequest { conversation_id: None, ..request.clone() };
        assert!(matches!(plan("claude", &unknown), Err(AgentError::CannotResume { .. })));
        let command = LaunchRequest { command: vec!["sh".into()], ..request };
        assert!(matches!(plan("command", &command), Err(AgentError::CannotResume { .. })));
    }

    #[test]
    fn permissions_are_known_words() {
        let with = |mode: &str| LaunchRequest { permission: Some(mode.into()), ..request() };
        let bypass = plan("claude", &with("bypass")).unwrap();
        assert_eq!(after(&bypass, "--permission-mode"), Some("bypassPermissions"));
        let own = plan("claude", &with("acceptEdits")).unwrap();
        assert_eq!(after(&own, "--permission-mode"), Some("acceptEdits"));
        let settings = bypass.files.iter().find(|(p, _)| p.ends_with("claude-settings.json"));
        let text = String::from_utf8(settings.unwrap().1.clone()).unwrap();
        assert!(text.contains("skipDangerousModePermissionPrompt"));
        let error = plan("claude", &with("--evil")).unwrap_err().to_string();
        assert!(error.contains("ask, auto, bypass"), "{error}");
        let command = LaunchRequest { command: vec!["sh".into()], ..with("ask") };
        assert!(matches!(plan("command", &command), Err(AgentError::Unsupported { .. })));
    }

    #[test]
    fn any_command_is_taken_exactly() {
        let command: Vec<String> =
            ["sh", "-c", "$(x) {prompt}", "", "{model}", "é"].map(str::to_owned).into();
        let request = LaunchRequest { command: command.clone(), ..request() };
        let plan_of = plan("command", &request).unwrap();
        assert_eq!(plan_of.argv, command);
        assert_eq!(plan_of.prompt_by_paste.as_deref(), Some("do it"));
        let file = |name: &str| {
            let path = PathBuf::from(&plan_of.env_set[name]);
            let (_, text) = plan_of.files.iter().find(|(p, _)| *p == path).unwrap();
            String::from_utf8(text.clone()).unwrap()
        };
        assert_eq!(file("AO_SYSTEM_PROMPT_FILE"), "you are");
        assert_eq!(file("AO_PROMPT_FILE"), "do it");
        assert_eq!(plan_of.conversation_id, None);
        let none = LaunchRequest { command: Vec::new(), ..request.clone() };
        assert!(matches!(plan("command", &none), Err(AgentError::NoCommand(_))));
        assert!(matches!(plan("claude", &request), Err(AgentError::HasCommand(_))));
        let model = LaunchRequest { model: Some("m".into()), ..request };
        assert!(matches!(plan("command", &model), Err(AgentError::Unsupported { .. })));
    }

    #[test]
    fn what_does_not_fit_is_in_a_file_or_an_error() {
        let long = "x".repeat(ARGUMENT_LIMIT + 1);
        let prompt = LaunchRequest { prompt: Some(long.clone()), ..request() };
        let text = "name = \"x\"\nbinary = \"x\"\nprompt = \"argv\"\nsystem_prompt = \"file\"\n\
                    argv = [[\"-r\", \"{system_prompt_file}\"], \"{prompt}\"]\n";
        let in_arguments = Manifest::parse(Path::new("x.toml"), text).unwrap();
        let plan_of = launch_plan(&in_arguments, &prompt).unwrap();
        let last = plan_of.argv.last().unwrap();
        assert!(last.contains("/d/sessions/shop-1/1/prompt.md"), "{last}");
        let pasted = LaunchRequest { command: vec!["x".into()], ..prompt };
        let plan_of = plan("command", &pasted).unwrap();
        assert!(plan_of.prompt_by_paste.unwrap().contains("prompt.md"));
        let role = LaunchRequest { system_prompt: Some(long), ..request() };
        let error = plan("claude", &role).unwrap_err().to_string();
        assert!(error.starts_with("the system prompt has 100001 bytes"), "{error}");
        let zero = LaunchRequest { prompt: Some("a\0b".into()), ..request() };
        assert!(
            matches!(launch_plan(&in_arguments, &zero), Err(AgentError::ZeroByte(what)) if what == "prompt")
        );
        let dash = LaunchRequest { prompt: Some("--version".into()), ..request() };
        let plan_of = launch_plan(&in_arguments, &dash).unwrap();
        assert_eq!(plan_of.argv.last().unwrap(), " --version");
    }

    #[test]
    fn a_role_without_a_channel_of_its_own_goes_before_the_task() {
        let text = "name = \"x\"\nbinary = \"x\"\nprompt = \"file\"\nsystem_prompt = \"prompt\"\n\
                    argv = [[\"-f\", \"{prompt_file}\"]]\n";
        let manifest = Manifest::parse(Path::new("x.toml"), text).unwrap();
        let plan = launch_plan(&manifest, &request()).unwrap();
        assert_eq!(plan.argv, ["x", "-f", "/d/sessions/shop-1/1/prompt.md"]);
        assert_eq!(plan.files[0].1, b"you are\n\ndo it");
    }
}
