//! A person's rules for permission requests. The first one that fits decides; without one somebody
//! is asked.

use crate::model::glob;

/// What an agent is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Allow,
    /// Do not.
    Deny,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// A pattern for the tool's name.
    pub tool: String,
    /// A pattern for what it is about to do; none: anything.
    pub input: Option<String>,
    /// Only in this project.
    pub project: Option<String>,
    /// What the agent is told.
    pub answer: Answer,
    /// Why, for the agent.
    pub message: Option<String>,
}

/// With these a shell does more than the words before them say. A `*` of a rule that allows does not
/// stand for them: `npm test*` must not allow `npm test; rm -rf /`.
const OPERATORS: &[char] =
    &[';', '&', '|', '`', '$', '<', '>', '(', ')', '{', '}', '\\', '\n', '\r'];

impl Rule {
    fn fits(&self, project: &str, tool: &str, subject: &str) -> bool {
        if self.project.as_deref().is_some_and(|own| own != project) {
            return false;
        }
        if !glob::fits(&self.tool, tool) {
            return false;
        }
        match (&self.input, self.answer) {
            (None, _) => true,
            (Some(pattern), Answer::Deny) => glob::fits(pattern, subject),
            (Some(pattern), Answer::Allow) => {
                glob::fits_where(pattern, subject, |c| !OPERATORS.contains(&c))
            }
        }
    }
}

/// The first rule that fits.
#[must_use]
pub fn decide<'a>(rules: &'a [Rule], project: &str, tool: &str, subject: &str) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.fits(project, tool, subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(tool: &str, input: Option<&str>, answer: Answer) -> Rule {
        let input = input.map(str::to_owned);
        Rule { tool: tool.to_owned(), input, project: None, answer, message: None }
    }

    #[test]
    fn the_first_that_fits_decides() {
        let rules = [
            rule("Bash", Some("git push*"), Answer::Deny),
            rule("Bash", Some("git *"), Answer::Allow),
            Rule { project: Some("shop".into()), ..rule("mcp__*", None, Answer::Allow) },
        ];
        let told = |project, tool, text| decide(&rules, project, tool, text).map(|r| r.answer);
        assert_eq!(told("shop", "Bash", "git push --force; x"), Some(Answer::Deny));
        assert_eq!(told("shop", "Bash", "git status"), Some(Answer::Allow));
        assert_eq!(told("shop", "Bash", "ls"), None);
        assert_eq!(told("shop", "mcp__web__get", "{}"), Some(Answer::Allow));
        assert_eq!(told("web", "mcp__web__get", "{}"), None);
    }

    #[test]
    fn what_is_allowed_does_not_reach_past_a_shell_s_operators() {
        let rules = [rule("Bash", Some("npm test*"), Answer::Allow)];
        assert!(decide(&rules, "p", "Bash", "npm test --all").is_some());
        for more in ["; rm -rf /", " && x", " | sh", " $(x)", " `x`", " > f", "\nx", " \\\nx"] {
            let command = format!("npm test{more}");
            assert_eq!(decide(&rules, "p", "Bash", &command), None, "{command}");
        }
    }
}
