//! What one launch of an agent comes to: arguments, environment, files. Pure; the services write
//! the files (0600) and start the session host with the rest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::AgentError;
use super::claude;
use super::manifest::{ConversationScheme, Hooks, Manifest, PromptChannel, SystemPromptChannel};
use super::template::fill;
use crate::model::ids::{ProjectId, SessionId};

/// Longest value that is put into an argument, in bytes. Linux takes 128 KiB for each, and some
/// room is left for what a program adds when it starts another.
const ARGUMENT_LIMIT: usize = 100_000;

/// Claude Code's own word for permissions that are not asked for.
const CLAUDE_BYPASS: &str = "bypassPermissions";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct LaunchRequest {
    /// Whose launch it is.
    pub session: SessionId,
    /// The session's project.
    pub project: ProjectId,
    /// For an agent that is any command: that command.
    pub command: Vec<String>,
    /// The task, if there is one.
    pub prompt: Option<String>,
    /// The role.
    pub system_prompt: Option<String>,
    /// The agent's own name for a model.
    pub model: Option<String>,
    /// A permission mode: our name, or the agent's own.
    pub permission: Option<String>,
    /// The conversation to resume, or the id for a new one.
    pub conversation_id: Option<String>,
    /// Continue that conversation.
    pub resume: bool,
    /// Where files of this launch go.
    pub generation_dir: PathBuf,
    /// This program, absolute.
    pub ao_binary: PathBuf,
    /// Where the agent works.
    pub worktree: PathBuf,
    /// The worktree carries the session's mark, in a repository that a person has registered.
    pub own_worktree: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchPlan {
    /// Program and arguments. The program is as in the manifest or command: to be looked up.
    pub argv: Vec<String>,
    /// Variables to set, over everything else.
    pub env_set: BTreeMap<String, String>,
    /// Variables to remove before; a `*` at the end stands for any rest.
    pub env_unset: Vec<String>,
    /// Files to write first, with mode 0600.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// The text to paste when the agent is ready.
    pub prompt_by_paste: Option<String>,
    /// The conversation, where its id is known by now.
    pub conversation_id: Option<String>,
}

impl LaunchPlan {
    /// Whether a variable is to be removed.
    #[must_use]
    pub fn unsets(&self, name: &str) -> bool {
        self.env_unset.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        })
    }
}

/// Plans a launch.
///
/// # Errors
/// When the agent cannot be told what is asked for, or a value does not fit into an argument.
pub fn launch_plan(manifest: &Manifest, request: &LaunchRequest) -> Result<LaunchPlan, AgentError> {
    let mut draft = Draft::new(manifest, request)?;
    draft.role()?;
    draft.task()?;
    draft.settings()?;
    draft.finish()
}

/// A plan in the making.
struct Draft<'a> {
    manifest: &'a Manifest,
    request: &'a LaunchRequest,
    values: BTreeMap<&'static str, String>,
    env: BTreeMap<String, String>,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// What goes before the task.
    preface: Option<String>,
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
        let mut values = BTreeMap::from([
            ("session_id", request.session.to_string()),
            ("project_id", request.project.to_string()),
            ("worktree", utf8(&request.worktree)?),
            ("generation_dir", utf8(&request.generation_dir)?),
        ]);
        check_model(manifest, request.model.as_deref())?;
        if let Some(model) = &request.model {
            values.insert("model", model.clone());
        }
        if let Some(mode) = &request.permission {
            values.insert("permission", permission(manifest, mode)?);
        }
        if let Some(id) = conversation(manifest, request)? {
            values.insert("conversation_id", id);
        }
        let mut env = manifest.env.set.clone();
        if request.own_worktree {
            env.extend(manifest.env.set_in_own_worktree.clone());
        }
        let files = Vec::new();
        Ok(Self { manifest, request, values, env, files, preface: None, paste: None })
    }

    /// Places the system prompt.
    fn role(&mut self) -> Result<(), AgentError> {
        let Some(text) = self.request.system_prompt.clone() else { return Ok(()) };
        match self.manifest.system_prompt {
            SystemPromptChannel::Argv => {
                self.values.insert("system_prompt", text);
            }
            SystemPromptChannel::File => {
                let path = self.file("system-prompt.md", text)?;
                self.env.insert("AO_SYSTEM_PROMPT_FILE".into(), path.clone());
                self.values.insert("system_prompt_file", path);
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
                self.values.insert("prompt", pointer);
            }
            PromptChannel::Argv => {
                // A text that begins with a dash would be read as an option.
                let text = if text.starts_with('-') { format!(" {text}") } else { text };
                self.values.insert("prompt", text);
            }
            PromptChannel::File => {
                self.values.insert("prompt_file", path);
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
        if self.manifest.hooks == Hooks::Claude {
            let bypass = self.values.get("permission").is_some_and(|mode| mode == CLAUDE_BYPASS);
            let settings = claude::settings(&utf8(&self.request.ao_binary)?, bypass);
            let path = self.file("claude-settings.json", format!("{settings:#}\n"))?;
            self.values.insert("settings_file", path);
        }
        Ok(())
    }

    fn file(&mut self, name: &str, text: String) -> Result<String, AgentError> {
        let path = self.request.generation_dir.join(name);
        let written = utf8(&path)?;
        self.files.push((path, text.into_bytes()));
        Ok(written)
    }

    fn finish(self) -> Result<LaunchPlan, AgentError> {
        let plain = &self.manifest.argv;
        let resume = self.manifest.resume_argv.as_ref().filter(|_| self.request.resume);
        let arguments = fill(resume.unwrap_or(plain), &self.values);
        let program = self.manifest.binary.iter().cloned();
        let argv: Vec<String> =
            program.chain(arguments).chain(self.request.command.iter().cloned()).collect();
        for argument in &argv {
            check_argument(argument, &self.values)?;
        }
        Ok(LaunchPlan {
            argv,
            env_set: self.env,
            env_unset: self.manifest.env.unset.clone(),
            files: self.files,
            prompt_by_paste: self.paste,
            conversation_id: self.values.get("conversation_id").cloned(),
        })
    }
}

/// Whether the agent takes this model and this permission mode; asked before anything is made for
/// a launch, or ended for one.
///
/// # Errors
/// [`AgentError::Unsupported`], [`AgentError::UnknownPermission`].
pub fn check_options(
    manifest: &Manifest,
    model: Option<&str>,
    mode: Option<&str>,
) -> Result<(), AgentError> {
    check_model(manifest, model)?;
    mode.map_or(Ok(()), |mode| permission(manifest, mode).map(drop))
}

fn check_model(manifest: &Manifest, model: Option<&str>) -> Result<(), AgentError> {
    if model.is_some() && !manifest.takes("model") {
        return Err(AgentError::Unsupported { agent: manifest.name.clone(), what: "model" });
    }
    Ok(())
}

/// The agent's own word for a permission mode.
fn permission(manifest: &Manifest, mode: &str) -> Result<String, AgentError> {
    let agent = manifest.name.clone();
    if manifest.permissions.is_empty() || !manifest.takes("permission") {
        return Err(AgentError::Unsupported { agent, what: "permission mode" });
    }
    let own = manifest.permissions.values().find(|own| *own == mode);
    manifest.permissions.get(mode).or(own).cloned().ok_or_else(|| AgentError::UnknownPermission {
        agent,
        mode: mode.to_owned(),
        known: manifest.permissions.keys().cloned().collect(),
    })
}

/// The id that goes into the arguments.
fn conversation(
    manifest: &Manifest,
    request: &LaunchRequest,
) -> Result<Option<String>, AgentError> {
    let cannot = |why| AgentError::CannotResume { agent: manifest.name.clone(), why };
    match (request.resume, &request.conversation_id) {
        (true, _) if !manifest.can_resume() => Err(cannot("it has no way to")),
        (true, None) => Err(cannot("no conversation is known")),
        (true, Some(id)) => Ok(Some(id.clone())),
        (false, id) if manifest.conversation_id == ConversationScheme::Uuid => Ok(id.clone()),
        (false, _) => Ok(None),
    }
}

fn check_argument(
    argument: &str,
    values: &BTreeMap<&'static str, String>,
) -> Result<(), AgentError> {
    let name = || {
        let found = values.iter().find(|(_, value)| value.as_str() == argument);
        found.map_or("argument".to_owned(), |(name, _)| name.replace('_', " "))
    };
    if argument.contains('\0') {
        return Err(AgentError::ZeroByte(name()));
    }
    if argument.len() > ARGUMENT_LIMIT {
        let bytes = argument.len();
        return Err(AgentError::TooLong { what: name(), bytes, limit: ARGUMENT_LIMIT });
    }
    Ok(())
}

fn utf8(path: &Path) -> Result<String, AgentError> {
    path.to_str().map(str::to_owned).ok_or_else(|| AgentError::NotUtf8(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::Catalog;
    use super::*;

    fn request() -> LaunchRequest {
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
            own_worktree: true,
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
    fn trust_is_only_for_our_own_worktrees() {
        let request = LaunchRequest { own_worktree: false, ..request() };
        let plan = plan("claude", &request).unwrap();
        assert!(!plan.env_set.contains_key("CLAUDE_CODE_SANDBOXED"));
    }

    #[test]
    fn absent_values_leave_no_flag() {
        let request =
            LaunchRequest { prompt: None, system_prompt: None, conversation_id: None, ..request() };
        let plan = plan("claude", &request).unwrap();
        assert_eq!(plan.argv.len(), 5, "{:?}", plan.argv);
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
