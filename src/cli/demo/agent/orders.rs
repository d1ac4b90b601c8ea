//! What a text tells the agent to do: indented lines that begin with `$ ` are commands to carry out,
//! those below `When … "PHRASE":` are kept for the messages that say so.

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Carry this out now.
    Now(String),
    /// Carry these out when messages say so.
    When(Rule),
}

/// What to do about messages that contain a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What they have to contain.
    pub phrase: String,
    /// Only with the message of this number; without one with each.
    pub at: Option<u32>,
    /// What is carried out then.
    pub commands: Vec<String>,
}

/// The orders of a text, in their order.
pub fn read(text: &str) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    let mut in_rule = false;
    for line in text.lines().map(str::trim) {
        if let Some(command) = line.strip_prefix("$ ") {
            match orders.last_mut() {
                Some(Order::When(rule)) if in_rule => rule.commands.push(command.to_owned()),
                _ => orders.push(Order::Now(command.to_owned())),
            }
        } else if let Some(rule) = rule(line) {
            orders.push(Order::When(rule));
            in_rule = true;
        } else if !line.is_empty() {
            in_rule = false;
        }
    }
    orders
}

/// `When a message says "English":`, `When 2 messages say "report: done":`
fn rule(line: &str) -> Option<Rule> {
    let condition = line.strip_prefix("When ")?.strip_suffix(':')?;
    let (before, quoted) = condition.split_once('"')?;
    let phrase = quoted.strip_suffix('"')?.to_owned();
    let at = before.split_whitespace().find_map(|word| word.parse().ok());
    Some(Rule { phrase, at, commands: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_rules_are_told_apart() {
        let text = "Do it.\n\n    $ ao status\n\nWhen 2 messages say \"report: done\":\n\n    $ a\n    \
                    $ b\n\nNow this:\n    $ c\n";
        let rule = Rule {
            phrase: "report: done".into(),
            at: Some(2),
            commands: vec!["a".into(), "b".into()],
        };
        let expected = [Order::Now("ao status".into()), Order::When(rule), Order::Now("c".into())];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn prose_is_no_order() {
        let text = "It costs $ 5.\nWhen you can, look:\nWhen \"x\" is open";
        assert_eq!(read(text), []);
    }
}
