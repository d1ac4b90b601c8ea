//! What an agent can be asked to be: a text file with a few fields between two lines of `---`, then
//! its role. The form is that of `.claude/agents/*.md`. Pure; `services/agent_types` finds the files.

use serde::{Deserialize, Serialize};

use super::message::Policy;

/// Longest role in bytes: it has to go into an argument.
const MAX_ROLE: usize = 96 * 1024;

/// A kind of agent: its role, and what it is when a call says nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentType {
    /// By which it is asked for.
    pub name: String,
    /// What it is for, in a line.
    pub description: String,
    /// Who it is to be; empty: nobody in particular.
    pub role: String,
    /// A manifest's name.
    pub agent: Option<String>,
    /// In the agent's own words.
    pub model: Option<String>,
    /// `low` to `max`.
    pub effort: Option<String>,
    /// What it may do, sorted, each once.
    pub capabilities: Option<Vec<String>>,
    /// How the ends of those that work in the background are told.
    pub deliver: Option<Policy>,
    /// Its model is a word of Claude Code's, and nobody else's.
    pub is_claudes: bool,
}

impl AgentType {
    /// Reads a file; `is_claudes` where its place is Claude Code's own.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    pub fn parse(text: &str, is_claudes: bool) -> Result<Self, String> {
        let (head, role) = parts(text).ok_or("it has no fields between two lines of ---")?;
        if role.len() > MAX_ROLE {
            return Err(format!("its role has over {MAX_ROLE} bytes"));
        }
        let mut read = Self { role: role.to_owned(), is_claudes, ..Self::default() };
        for (name, value) in fields(head) {
            match name {
                "name" => read.name = value.line(),
                "description" => read.description = value.line(),
                "agent" => read.agent = value.word(),
                "model" => read.model = value.word().filter(|model| model != "inherit"),
                "effort" => read.effort = value.word(),
                "capabilities" => read.capabilities = Some(sorted(value.list())),
                "tools" => {
                    let tools = value.list();
                    // Capabilities are ao's own word, and more exact.
                    let known = tools.iter().filter_map(|tool| capability(tool)).collect();
                    read.capabilities.get_or_insert_with(|| sorted(known));
                }
                "deliver" => {
                    let word = value.line();
                    let policy = Policy::parse(&word);
                    read.deliver = Some(policy.ok_or_else(|| {
                        format!("deliver: {word:?} is not immediate, deferred or on_demand")
                    })?);
                }
                _ => {}
            }
        }
        if read.name.is_empty() {
            return Err("its name is missing".to_owned());
        }
        Ok(read)
    }

    /// Its model, for the agent that does it: nobody else knows the words of Claude Code's own files,
    /// and where it names its agent its model is that agent's.
    #[must_use]
    pub fn model_for(&self, agent: Option<&str>) -> Option<&str> {
        let fits = match (&self.agent, self.is_claudes) {
            (Some(own), _) => agent == Some(own),
            (None, true) => agent == Some("claude"),
            (None, false) => true,
        };
        self.model.as_deref().filter(|_| fits)
    }

    /// Who it is to be; nothing where it is nobody in particular.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        Some(self.role.as_str()).filter(|role| !role.is_empty())
    }

    /// Those that are there without a file.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        let of = |name: &str, description: &str, role: &str| Self {
            name: name.to_owned(),
            description: description.to_owned(),
            role: role.to_owned(),
            capabilities: (!role.is_empty()).then(|| vec!["read".to_owned(), "search".to_owned()]),
            ..Self::default()
        };
        vec![
            of("general-purpose", "does what it is told, with all that its agent can do", ""),
            of("Explore", "looks around and changes nothing", EXPLORE),
            of("Plan", "works out how to do something and changes nothing", PLAN),
        ]
    }
}

const EXPLORE: &str = "You look around in a code base and answer what you are asked. You change \
                       nothing. Name files and lines; say what you did not look at.";
const PLAN: &str = "You work out how something should be done. You change nothing. Read what is \
                    there first; answer with steps in their order, each with the files it touches.";

/// The capability that a tool of Claude Code's stands for; nothing for tools that need none.
fn capability(tool: &str) -> Option<String> {
    // `Bash(git log:*)` is a Bash that may do less.
    let tool = tool.split('(').next().unwrap_or(tool).trim();
    if let Some(server) = tool.strip_prefix("mcp__") {
        let server = server.split("__").next().unwrap_or(server);
        return Some(format!("mcp:{server}"));
    }
    let word = match tool {
        "Read" | "NotebookRead" => "read",
        "Grep" | "Glob" | "LS" => "search",
        "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => "edit",
        "Bash" | "BashOutput" | "KillShell" => "execute",
        "WebFetch" | "WebSearch" => "network",
        "Task" | "Agent" => "spawn",
        _ => return None,
    };
    Some(word.to_owned())
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words.dedup();
    words
}

/// The fields and what comes after them.
fn parts(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rest = text.strip_prefix("---")?.trim_start_matches([' ', '\r']).strip_prefix('\n')?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], rest[at + line.len()..].trim()));
        }
        at += line.len();
    }
    None
}

/// A field's words: those behind its colon, then the lines that are set in below it.
#[derive(Debug, Default)]
struct Words<'a> {
    first: &'a str,
    more: Vec<&'a str>,
}

/// The fields, as far as this form of YAML is used for them: a line each, a text in several lines,
/// a list in brackets or in lines.
fn fields(head: &str) -> Vec<(&str, Words<'_>)> {
    let mut found: Vec<(&str, Words<'_>)> = Vec::new();
    for line in head.lines() {
        let is_inner = line.starts_with([' ', '\t']) || line.starts_with("- ");
        match (line.split_once(':'), found.last_mut()) {
            (_, Some((_, words))) if is_inner => words.more.push(line.trim()),
            (Some((name, first)), _) if !line.starts_with('#') => {
                found.push((name.trim(), Words { first: first.trim(), more: Vec::new() }));
            }
            _ => {}
        }
    }
    found
}

impl Words<'_> {
    /// All of it in one line.
    fn line(&self) -> String {
        let first = if self.first.starts_with(['>', '|']) { "" } else { self.first };
        let all = std::iter::once(first).chain(self.more.iter().copied());
        let text = all.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        plain(&text).to_owned()
    }

    fn word(&self) -> Option<String> {
        Some(self.line()).filter(|word| !word.is_empty())
    }

    fn list(&self) -> Vec<String> {
        let first = self.first.trim_start_matches('[').trim_end_matches(']');
        let more = self.more.iter().map(|line| line.trim_start_matches("- "));
        let all = first.split(',').chain(more.flat_map(|line| line.split(',')));
        let all = all.map(|word| plain(word.trim()).to_owned());
        all.filter(|word| !word.is_empty()).collect()
    }
}

/// Without its quotes.
fn plain(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_claudes_is_understood() {
        let text = "---\nname: reviewer\ndescription: >-\n  Looks at\n  code\n\
                    tools: Read, Grep, Glob, Bash(git log:*), mcp__db__query, TodoWrite\n\
                    model: sonnet\ncolor: red\n---\n\nYou are strict.\n\n---\nStill you.\n";
        let read = AgentType::parse(text, true).unwrap();
        assert_eq!((&*read.name, &*read.description), ("reviewer", "Looks at code"));
        assert_eq!(read.capabilities.unwrap(), ["execute", "mcp:db", "read", "search"]);
        assert_eq!((read.model.as_deref(), read.is_claudes), (Some("sonnet"), true));
        assert_eq!(read.role, "You are strict.\n\n---\nStill you.");
    }

    #[test]
    fn a_file_of_aos_says_more() {
        let text = "---\r\nname: \"judge\"\r\nagent: codex\r\nmodel: inherit\r\neffort: high\r\n\
                    capabilities:\r\n  - search\r\n  - read\r\ntools: Bash\r\n\
                    deliver: immediate\r\n---\r\nJudge.";
        let read = AgentType::parse(text, false).unwrap();
        assert_eq!((&*read.name, &*read.role), ("judge", "Judge."));
        assert_eq!((read.agent.as_deref(), read.model), (Some("codex"), None));
        assert_eq!(read.effort.as_deref(), Some("high"));
        assert_eq!(read.capabilities.unwrap(), ["read", "search"]);
        assert_eq!(read.deliver, Some(Policy::Immediate));
        let none = AgentType::parse("---\nname: a\ntools: []\n---\n", false).unwrap();
        assert_eq!(none.capabilities.unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("You are nobody.", "---"),
            ("---\nname: a\nno end", "---"),
            ("---\ndescription: b\n---\nc", "name"),
            ("---\nname: a\ndeliver: never\n---\nc", "deliver"),
        ] {
            let error = AgentType::parse(text, false).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let long = format!("---\nname: a\n---\n{}", "x".repeat(MAX_ROLE + 1));
        assert!(AgentType::parse(&long, false).unwrap_err().contains("bytes"));
    }
}
