//! What of a manifest does not fit together.

use super::agent::Manifest;
use super::channels::{
    ConversationScheme, Hooks, PromptChannel, SystemPromptChannel, TranscriptForm,
};
use super::lines::LineRule;
use crate::agents::headless::{Output, OutputRule};
use crate::agents::template::{ArgumentGroup, literal_mistake, mistake};

/// The key to blame and the mistake.
type Mistake = (&'static str, String);

impl Manifest {
    /// The first mistake, if there is one.
    pub(super) fn check(&self) -> Result<(), Mistake> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.name.is_empty() || !self.name.bytes().all(plain) {
            return Err(("name", "a name has only a-z, 0-9 and -".into()));
        }
        if self.binary.as_deref().is_some_and(str::is_empty) {
            return Err(("binary", "it is a program's name, or left out".into()));
        }
        if self.binary.is_none() && (!self.argv.is_empty() || self.resume_argv.is_some()) {
            return Err(("argv", "arguments need a binary".into()));
        }
        check_arguments("argv", &self.argv)?;
        check_arguments("resume_argv", self.resume_argv.as_deref().unwrap_or_default())?;
        self.check_headless()?;
        self.check_environment()?;
        self.check_files()?;
        self.check_channels()?;
        self.check_events()?;
        self.check_transcript()?;
        let resumes = |groups: &Vec<ArgumentGroup>| {
            groups.iter().any(|g| g.uses("conversation_id") || g.uses("conversation_file"))
        };
        if self.resume_argv.as_ref().is_some_and(|groups| !resumes(groups)) {
            return Err(("resume_argv", "it has no {conversation_id}".into()));
        }
        Ok(())
    }

    /// Every way that is named must have its place in the launch.
    fn check_channels(&self) -> Result<(), Mistake> {
        for (channel, needed, key) in [
            (self.prompt == PromptChannel::Argv, "prompt", "prompt"),
            (self.prompt == PromptChannel::File, "prompt_file", "prompt"),
            (self.system_prompt == SystemPromptChannel::Argv, "system_prompt", "system_prompt"),
        ] {
            if channel && !self.takes(needed) {
                return Err((key, format!("argv has no {{{needed}}} for it")));
            }
        }
        let is_named = self.takes("conversation_id") || self.takes("conversation_file");
        if self.conversation_id == ConversationScheme::Uuid && !is_named {
            return Err(("conversation_id", "argv has no {conversation_id} for it".into()));
        }
        let set_up = self.takes("settings_file") || !self.told_events().is_empty();
        match self.hooks {
            Hooks::Claude if !set_up => {
                Err(("hooks", "argv has no {settings_file} or {hook.EVENT} for it".into()))
            }
            Hooks::Mapped if self.events.is_empty() => {
                Err(("hooks", "there are no [events] to map".into()))
            }
            _ => Ok(()),
        }
    }

    fn check_headless(&self) -> Result<(), Mistake> {
        let Some(headless) = &self.headless else { return Ok(()) };
        let again = headless.resume_argv.as_deref();
        check_arguments("headless", &headless.argv)?;
        check_arguments("headless", again.unwrap_or_default())?;
        if self.binary.is_none() && !headless.argv.is_empty() {
            return Err(("headless", "arguments need a binary".into()));
        }
        if again.is_some_and(|groups| !groups.iter().any(|g| g.uses("conversation_id"))) {
            return Err(("headless", "resume_argv has no {conversation_id}".into()));
        }
        let by_argv = headless.system_prompt == Some(SystemPromptChannel::Argv);
        if by_argv && !headless.argv.iter().any(|group| group.uses("system_prompt")) {
            return Err(("headless", "argv has no {system_prompt} for its role".into()));
        }
        let places = ["schema", "schema_file"];
        let has_place = headless.argv.iter().any(|group| places.iter().any(|p| group.uses(p)));
        if headless.schema.is_some() != has_place {
            let text = "`schema` and a place for it, {schema} or {schema_file}, go together";
            return Err(("headless", text.into()));
        }
        let by_rules = headless.output == Output::Lines;
        if by_rules == headless.lines.is_empty() {
            let text = "`output = \"lines\"` and the [[headless.line]] to read it by go together";
            return Err(("headless", text.into()));
        }
        if let Some(mistake) = headless.lines.iter().find_map(OutputRule::mistake) {
            return Err(("headless", mistake));
        }
        if let Some(name) = headless.record.as_ref().filter(|name| !is_plain_name(name)) {
            return Err(("headless", format!("{name:?} is not a plain file name")));
        }
        match headless.env.values().find_map(|template| mistake(template)) {
            Some(mistake) => Err(("headless", mistake)),
            None => Ok(()),
        }
    }

    fn check_environment(&self) -> Result<(), Mistake> {
        let set = self.env.set.values().chain(self.env.set_in_own_worktree.values());
        for template in set {
            if let Some(mistake) = mistake(template) {
                return Err(("env", mistake));
            }
            let file = template.strip_prefix("{file.").and_then(|rest| rest.strip_suffix('}'));
            if let Some(file) = file.filter(|name| !self.has_file(name)) {
                return Err(("env", format!("there is no file {file:?}")));
            }
        }
        Ok(())
    }

    fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name)
    }

    fn check_files(&self) -> Result<(), Mistake> {
        let parts = self.system_prompt_name.split('/');
        if !parts.clone().all(is_plain_name) || parts.count() > 2 {
            let name = &self.system_prompt_name;
            return Err(("system_prompt_name", format!("{name:?} is not a name with its folder")));
        }
        for file in &self.files {
            if !is_plain_name(&file.name) {
                return Err(("file", format!("{:?} is not a plain file name", file.name)));
            }
            if let Some(mistake) = literal_mistake(&file.text) {
                return Err(("file", mistake));
            }
        }
        Ok(())
    }

    fn check_events(&self) -> Result<(), Mistake> {
        for (event, rule) in &self.events {
            if let Some(mistake) = rule.mistake() {
                return Err(("events", format!("{event}: {mistake}")));
            }
        }
        Ok(())
    }

    fn check_transcript(&self) -> Result<(), Mistake> {
        let (has_rules, by_rules) =
            (!self.transcript_lines.is_empty(), self.transcript == TranscriptForm::Lines);
        if has_rules != by_rules {
            let (key, text) = match by_rules {
                true => ("transcript", "there are no [[transcript_line]] to read it by"),
                false => ("transcript_line", "they are for `transcript = \"lines\"`"),
            };
            return Err((key, text.into()));
        }
        match self.transcript_lines.iter().find_map(LineRule::mistake) {
            Some(mistake) => Err(("transcript_line", mistake)),
            None => Ok(()),
        }
    }
}

fn is_plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    name.bytes().all(plain) && !name.starts_with('.') && !name.is_empty()
}

fn check_arguments(key: &'static str, groups: &[ArgumentGroup]) -> Result<(), Mistake> {
    let mut arguments = groups.iter().flat_map(ArgumentGroup::arguments);
    match arguments.find_map(|argument| mistake(argument)) {
        Some(mistake) => Err((key, mistake)),
        None => Ok(()),
    }
}
