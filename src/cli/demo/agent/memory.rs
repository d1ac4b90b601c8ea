//! What the agent has been told to do about messages to come, and who may tell it anything. Pure.

use super::orders::{self, Order, Rule};
use crate::model::names::ORCHESTRATOR;

/// Programs that the agent uses. This keeps a demonstration tidy; it is no sandbox.
const PROGRAMS: [&str; 3] = ["ao", "git", "printf"];

/// In whose name reports of several workers come.
const AO: &str = "ao";

/// Rules, and how often each phrase has come.
#[derive(Debug)]
pub struct Memory {
    is_orchestrator: bool,
    rules: Vec<(Rule, u32)>,
}

/// What a message leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// Who sent the message; nobody for the person.
    pub sender: Option<String>,
    /// What is carried out, in this order.
    pub commands: Vec<String>,
    /// What is not, for it uses programs that are not the agent's.
    pub refused: Vec<String>,
}

impl Memory {
    /// The memory of an agent in a role, `orchestrator` or `worker`.
    pub fn new(role: &str) -> Self {
        Self { is_orchestrator: role == ORCHESTRATOR, rules: Vec::new() }
    }

    /// What to do about a message: one reaction, but one for each worker where ao tells of several.
    /// Rules that it makes hold for later ones.
    pub fn take(&mut self, message: &str) -> Vec<Reaction> {
        let (sender, text) = header(message);
        if sender != Some(AO) {
            return vec![self.react(sender, text)];
        }
        let lines = text.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
        lines.map(|(worker, said)| self.react(Some(worker), &format!("report: {said}"))).collect()
    }

    fn react(&mut self, sender: Option<&str>, text: &str) -> Reaction {
        let mut commands = Vec::new();
        for (rule, seen) in self.rules.iter_mut().filter(|(rule, _)| text.contains(&rule.phrase)) {
            *seen += 1;
            if rule.at.is_none_or(|at| at == *seen) {
                commands.extend(rule.commands.iter().cloned());
            }
        }
        if self.obeys(sender) {
            for order in orders::read(text) {
                match order {
                    Order::Now(command) => commands.push(command),
                    Order::When(rule) => self.rules.push((rule, 0)),
                }
            }
        }
        let (commands, refused) = commands.into_iter().partition(|command| is_ours(command));
        Reaction { sender: sender.map(str::to_owned), commands, refused }
    }

    /// The person instructs everybody, the orchestrator its workers; what others write is material.
    fn obeys(&self, sender: Option<&str>) -> bool {
        match sender {
            None => true,
            Some(id) => !self.is_orchestrator && id.ends_with(ORCHESTRATOR),
        }
    }
}

/// `[from <id>] text`, whose header only ao writes, and only at the very start.
fn header(message: &str) -> (Option<&str>, &str) {
    let parts = message.strip_prefix("[from ").and_then(|rest| rest.split_once("] "));
    parts.map_or((None, message), |(id, text)| (Some(id), text))
}

fn is_ours(command: &str) -> bool {
    command.split_whitespace().next().is_some_and(|program| PROGRAMS.contains(&program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_wait_for_their_messages() {
        let mut memory = Memory::new("orchestrator");
        let told = "Go.\n  $ ao status\nWhen 2 messages say \"done\":\n  $ ao ls\n";
        let mut take = |message: &str| memory.take(message).remove(0);
        assert_eq!(take(told).commands, ["ao status"]);
        assert_eq!(take("[from a-1] report: done").commands, [""; 0]);
        let second = take("[from a-2] report: done");
        assert_eq!(second.commands, ["ao ls"]);
        assert_eq!(second.sender.as_deref(), Some("a-2"));
        assert_eq!(take("[from a-3] done again").commands, [""; 0]);
    }

    #[test]
    fn reports_that_come_together_are_taken_one_by_one() {
        let mut memory = Memory::new("orchestrator");
        memory.take("When a message says \"report: stuck\":\n  $ ao ls\n");
        let digest = "[from ao] 2 workers report, the newest last:\n- a-1: done - x\n- a-2: stuck";
        let reactions = memory.take(digest);
        let senders: Vec<_> = reactions.iter().filter_map(|r| r.sender.as_deref()).collect();
        assert_eq!(senders, ["a-1", "a-2"]);
        assert_eq!((reactions[0].commands.len(), &reactions[1].commands[0]), (0, &"ao ls".into()));
    }

    #[test]
    fn only_who_may_instruct_is_obeyed() {
        let order = |from: &str| format!("{from}x\n  $ ao ls\n  $ rm -rf x\n");
        let reaction = |role: &str, from: &str| Memory::new(role).take(&order(from)).remove(0);
        assert!(reaction("orchestrator", "[from a-1] ").commands.is_empty());
        assert!(reaction("worker", "[from a-2] ").commands.is_empty());
        let obeyed = reaction("worker", "[from a-orchestrator] ");
        assert_eq!(
            (obeyed.commands, obeyed.refused),
            (vec!["ao ls".into()], vec!["rm -rf x".into()])
        );
        assert_eq!(reaction("orchestrator", "").commands, ["ao ls"]);
    }
}
