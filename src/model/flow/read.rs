//! Reads a flow's file. All faults are told at once, each with its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::check;
use super::condition::Condition;
use super::definition::{
    AgentStep, Arg, Budget, CommandStep, Flow, FoldMode, FoldStep, Foreach, GateStep, Isolation,
    Kind, OnFailure, Step,
};
use super::fault::Fault;
use super::path::Path;
use super::table::{Faults, Fields, json};
use super::template::Template;
use crate::model::workflow::Schema;

/// Most steps of a flow.
const STEPS: usize = 2000;
/// Longest time in seconds: 30 days.
const TIME: u64 = 30 * 24 * 3600;
/// Most items of a `foreach` step.
const ITEMS: u64 = 10_000;

const FLOW_FIELDS: &str = "name, about, concurrency, args, budget, step";
const BUDGET_FIELDS: &str = "tokens, money, agents, wall_s";
const STEP_FIELDS: &str = "id, kind, label, depends_on, when, on_failure, max_attempts, \
    backoff_s, timeout_s, foreach, limit, and what belongs to the kind";

/// Reads and checks a flow.
///
/// # Errors
/// Every fault of the file, in its order.
pub fn read(text: &str) -> Result<Flow, Vec<Fault>> {
    let mut faults = Faults::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            faults.at(at, None, error.message());
        }
        return Err(faults.into_found());
    }
    let flow = flow(&document, &mut faults);
    check(&flow, &mut faults);
    match faults.into_found() {
        found if found.is_empty() => Ok(flow),
        found => Err(found),
    }
}

fn flow(document: &Spanned<DeTable<'_>>, faults: &mut Faults<'_>) -> Flow {
    let mut fields = Fields::new(document.get_ref(), 0);
    let name = fields.text("name", faults);
    let is_name = |text: &str| {
        !text.is_empty()
            && text.len() <= 41
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match &name {
        Some((text, _)) if is_name(text) => {}
        Some((text, at)) => {
            fields.fault(faults, *at, format!("name {text:?}: 1 to 41 of a-z, 0-9 and -"));
        }
        None => fields.fault(faults, 0, "there is no name"),
    }
    let flow = Flow {
        name: name.map(|(text, _)| text).unwrap_or_default(),
        about: fields.text("about", faults).map(|(text, _)| text),
        concurrency: small(fields.number("concurrency", (1, 64), faults)).unwrap_or(3),
        args: args(fields.take("args"), faults),
        budget: budget(fields.take("budget"), faults),
        steps: steps(fields.take("step"), faults),
    };
    fields.finish(FLOW_FIELDS, faults);
    flow
}

/// Numbers whose range was checked to be small.
fn small(number: Option<u64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

/// `target = "src"` is an argument with a default; `target = { required = true, about = "…" }`
/// one that has to be given.
fn args(value: Option<&Spanned<DeValue<'_>>>, faults: &mut Faults<'_>) -> Vec<Arg> {
    let Some(value) = value else { return Vec::new() };
    let DeValue::Table(table) = value.get_ref() else {
        faults.at(value.span().start, None, "args is a table of names and defaults");
        return Vec::new();
    };
    let mut args = Vec::new();
    for (name, value) in table.iter() {
        let at = name.span().start;
        let name = name.get_ref().to_string();
        if Path::parse(&format!("args.{name}")).is_err() {
            faults.at(at, None, format!("{name:?} is not a name: letters, digits, _ and -"));
        }
        let declared = match value.get_ref() {
            DeValue::Table(table) if table.keys().any(|key| is_declaration(key.get_ref())) => {
                let mut fields = Fields::new(table, value.span().start);
                let required = fields.take("required").and_then(|v| v.get_ref().as_bool());
                let default = fields.take("default").map(|value| json(value.get_ref()));
                let about = fields.text("about", faults).map(|(text, _)| text);
                if required != Some(true) && default.is_none() {
                    fields.fault(faults, at, format!("{name} has neither a default nor required"));
                }
                fields.finish("required, default, about", faults);
                Arg { name, default, about }
            }
            other => Arg { name, default: Some(json(other)), about: None },
        };
        args.push(declared);
    }
    args
}

fn is_declaration(key: &str) -> bool {
    matches!(key, "required" | "default" | "about")
}

fn budget(value: Option<&Spanned<DeValue<'_>>>, faults: &mut Faults<'_>) -> Budget {
    let Some(value) = value else { return Budget::default() };
    let DeValue::Table(table) = value.get_ref() else {
        faults.at(value.span().start, None, format!("budget is a table: {BUDGET_FIELDS}"));
        return Budget::default();
    };
    let mut fields = Fields::new(table, value.span().start);
    let money = fields.take("money").and_then(|value| {
        let amount = json(value.get_ref()).as_f64().filter(|amount| *amount > 0.0);
        if amount.is_none() {
            fields.fault(faults, value.span().start, "money is an amount above 0");
        }
        amount
    });
    let budget = Budget {
        tokens: fields.number("tokens", (1, u64::MAX >> 1), faults),
        money,
        agents: small(fields.number("agents", (1, 100_000), faults)),
        wall_s: fields.number("wall_s", (1, TIME), faults),
    };
    fields.finish(BUDGET_FIELDS, faults);
    budget
}

fn steps(value: Option<&Spanned<DeValue<'_>>>, faults: &mut Faults<'_>) -> Vec<Step> {
    let Some(value) = value else {
        faults.at(0, None, "there is no step: [[step]] begins one");
        return Vec::new();
    };
    let DeValue::Array(items) = value.get_ref() else {
        faults.at(value.span().start, None, "steps are written as [[step]]");
        return Vec::new();
    };
    if items.len() > STEPS {
        faults.at(value.span().start, None, format!("{} steps, {STEPS} are allowed", items.len()));
    }
    let mut steps = Vec::new();
    for item in items.iter() {
        match item.get_ref() {
            DeValue::Table(table) => {
                steps.push(step(Fields::new(table, item.span().start), faults));
            }
            _ => faults.at(item.span().start, None, "steps are written as [[step]]"),
        }
    }
    steps
}

fn step(mut fields: Fields<'_, '_>, faults: &mut Faults<'_>) -> Step {
    let start = fields.start;
    let id = fields.text("id", faults);
    match &id {
        Some((text, at)) if !is_id(text) => {
            fields.fault(faults, *at, format!("id {text:?}: 1 to 41 of a-z, 0-9, - and _"));
        }
        Some(_) => {}
        None => fields.fault(faults, start, "a step has no id"),
    }
    let id = id.map(|(text, _)| text).unwrap_or_default();
    fields.step = Some(id.clone());
    let kind = kind(&mut fields, faults);
    let mut depends_on: Vec<String> = Vec::new();
    for (name, at) in fields.texts("depends_on", faults).unwrap_or_default() {
        if depends_on.contains(&name) {
            fields.fault(faults, at, format!("depends_on names {name:?} twice"));
        } else {
            depends_on.push(name);
        }
    }
    // What is folded has to be there.
    if let Kind::Fold(fold) = &kind {
        let missing = fold.inputs.iter().filter(|input| !depends_on.contains(input)).cloned();
        depends_on.extend(missing.collect::<Vec<_>>());
    }
    let step = Step {
        label: fields.text("label", faults).map(|(text, _)| text),
        when: when(&mut fields, faults),
        on_failure: on_failure(&mut fields, faults),
        max_attempts: small(fields.number("max_attempts", (1, 10), faults)).unwrap_or(1),
        backoff_s: fields.number("backoff_s", (0, 3600), faults).unwrap_or(0),
        timeout_s: fields.number("timeout_s", (1, TIME), faults),
        foreach: foreach(&mut fields, faults),
        line: faults.line(start),
        id,
        depends_on,
        kind,
    };
    fields.finish(STEP_FIELDS, faults);
    step
}

fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=41).contains(&text.len()) && text.bytes().all(plain)
}

fn when(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Option<Condition> {
    let (text, at) = fields.text("when", faults)?;
    match Condition::parse(&text) {
        Ok(condition) => Some(condition),
        Err(fault) => {
            fields.fault(faults, at, format!("when: {fault}"));
            None
        }
    }
}

fn on_failure(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> OnFailure {
    let Some((text, at)) = fields.text("on_failure", faults) else { return OnFailure::Fail };
    OnFailure::parse(&text).unwrap_or_else(|| {
        let known = "fail, continue or skip_dependents";
        fields.fault(faults, at, format!("on_failure is {known}, not {text:?}"));
        OnFailure::Fail
    })
}

fn foreach(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Option<Foreach> {
    let limit = fields.number("limit", (1, ITEMS), faults);
    let Some((text, at)) = fields.text("foreach", faults) else {
        if limit.is_some() {
            let start = fields.start;
            fields.fault(faults, start, "limit belongs to foreach");
        }
        return None;
    };
    match Path::parse(text.trim_start_matches("{{").trim_end_matches("}}").trim()) {
        Ok(over) => Some(Foreach { over, limit: small(limit).unwrap_or(100) }),
        Err(fault) => {
            fields.fault(faults, at, format!("foreach: {fault}"));
            None
        }
    }
}

fn kind(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> Kind {
    let word = fields.text("kind", faults);
    match word.as_ref().map_or("agent", |(text, _)| text) {
        "agent" => Kind::Agent(agent(fields, faults, true)),
        "command" => Kind::Command(command(fields, faults)),
        "fold" => Kind::Fold(fold(fields, faults)),
        "gate" => Kind::Gate(GateStep { prompt: template(fields, "prompt", faults) }),
        other => {
            let at = word.as_ref().map_or(fields.start, |(_, at)| *at);
            let text = format!("kind is agent, command, fold or gate, not {other:?}");
            fields.fault(faults, at, text);
            Kind::Gate(GateStep { prompt: None })
        }
    }
}

fn agent(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>, needs_prompt: bool) -> AgentStep {
    let has_prompt = fields.text("prompt", faults);
    let prompt = has_prompt.as_ref().and_then(|(text, at)| parse(fields, text, *at, faults));
    if has_prompt.is_none_or(|(text, _)| text.trim().is_empty()) && needs_prompt {
        let start = fields.start;
        fields.fault(faults, start, "there is no prompt");
    }
    let capabilities = fields.texts("capabilities", faults).map(|found| {
        for (word, at) in &found {
            if !["read", "search", "edit", "execute", "network"].contains(&word.as_str()) {
                let known = "read, search, edit, execute and network";
                fields.fault(faults, *at, format!("capabilities are {known}, not {word:?}"));
            }
        }
        found.into_iter().map(|(word, _)| word).collect()
    });
    let isolation = match fields.text("isolation", faults) {
        Some((text, _)) if text == "shared" => Isolation::Shared,
        Some((text, at)) if text != "worktree" => {
            fields.fault(faults, at, format!("isolation is worktree or shared, not {text:?}"));
            Isolation::Worktree
        }
        _ => Isolation::Worktree,
    };
    let schema = fields.take("schema").map(|value| {
        let found = json(value.get_ref());
        if let Err(error) = Schema::compile(&found) {
            fields.fault(faults, value.span().start, format!("schema: {error}"));
        }
        found
    });
    AgentStep {
        prompt: prompt.unwrap_or_else(|| Template::parse("").expect("no text has no faults")),
        agent: fields.text("agent", faults).map(|(text, _)| text),
        model: fields.text("model", faults).map(|(text, _)| text),
        capabilities,
        max_tool_calls: small(fields.number("max_tool_calls", (1, 100_000), faults)),
        isolation,
        schema,
    }
}

fn command(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> CommandStep {
    let argv = fields.texts("argv", faults).unwrap_or_default();
    if argv.is_empty() {
        let start = fields.start;
        fields.fault(faults, start, "a command has an argv: [\"program\", \"argument\"]");
    }
    let argv = argv.iter().filter_map(|(text, at)| parse(fields, text, *at, faults)).collect();
    CommandStep { argv, stdin: template(fields, "stdin", faults) }
}

fn fold(fields: &mut Fields<'_, '_>, faults: &mut Faults<'_>) -> FoldStep {
    let inputs = fields.texts("inputs", faults).unwrap_or_default();
    let start = fields.start;
    if inputs.is_empty() {
        fields.fault(faults, start, "a fold has inputs: the ids of steps");
    }
    let mode = match fields.text("mode", faults) {
        Some((text, at)) => FoldMode::parse(&text).unwrap_or_else(|| {
            let known = "concat, json_array, json_object, merge or agent";
            fields.fault(faults, at, format!("mode is {known}, not {text:?}"));
            FoldMode::Concat
        }),
        None => FoldMode::Concat,
    };
    let agent = (mode == FoldMode::Agent).then(|| agent(fields, faults, true));
    FoldStep { inputs: inputs.into_iter().map(|(id, _)| id).collect(), mode, agent }
}

fn template(fields: &mut Fields<'_, '_>, name: &str, faults: &mut Faults<'_>) -> Option<Template> {
    let (text, at) = fields.text(name, faults)?;
    parse(fields, &text, at, faults)
}

fn parse(
    fields: &Fields<'_, '_>,
    text: &str,
    at: usize,
    faults: &mut Faults<'_>,
) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(found) => {
            found.into_iter().for_each(|fault| fields.fault(faults, at, fault));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIT: &str = r#"
name = "audit"
concurrency = 2

[args]
target = "src"
depth = { required = true, about = "how deep" }

[budget]
tokens = 1_000_000
money = 2.5

[[step]]
id = "find"
agent = "claude"
prompt = "List risky files under {{args.target}}"
schema = { type = "object", required = ["files"] }

[[step]]
id = "check"
depends_on = ["find"]
foreach = "steps.find.json.files"
limit = 20
when = "steps.find.json.files.length > 0"
prompt = "Verify {{item}}"
max_attempts = 2
backoff_s = 5

[[step]]
id = "count"
kind = "command"
argv = ["wc", "-l", "{{args.target}}"]

[[step]]
id = "report"
kind = "fold"
inputs = ["find", "check"]
mode = "agent"
prompt = "Write one report"
"#;

    fn faults(text: &str) -> Vec<String> {
        read(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_file_is_read() {
        let flow = read(AUDIT).unwrap();
        assert_eq!((flow.name.as_str(), flow.concurrency, flow.steps.len()), ("audit", 2, 4));
        assert_eq!(flow.budget.tokens, Some(1_000_000));
        let required: Vec<&str> = flow
            .args
            .iter()
            .filter(|arg| arg.default.is_none())
            .map(|arg| arg.name.as_str())
            .collect();
        assert_eq!(required, ["depth"]);
        let check = flow.step("check").unwrap();
        assert_eq!((check.max_attempts, check.backoff_s), (2, 5));
        assert_eq!(check.foreach.as_ref().map(|foreach| foreach.limit), Some(20));
        let report = flow.step("report").unwrap();
        assert_eq!(report.depends_on, ["find", "check"], "what is folded has to be there");
    }

    /// G05: a ghost, a duplicate, a self dependency and an unknown field, all in one go.
    #[test]
    fn every_fault_is_told_at_once_with_its_step_and_line() {
        let text = r#"name = "bad"
[[step]]
id = "a"
prompt = "x"
depends_on = ["ghost"]
[[step]]
id = "a"
prompt = "x"
[[step]]
id = "b"
prompt = "x"
depends_on = ["b"]
colour = "red"
"#;
        let found = faults(text);
        assert_eq!(found.len(), 4, "{found:#?}");
        assert_eq!(found[0], r#"line 2: step "a": there is no step "ghost""#);
        assert_eq!(found[1], r#"line 6: step "a": the id is taken by the step in line 2"#);
        assert_eq!(found[2], r#"line 9: step "b": it depends on itself"#);
        assert!(found[3].starts_with(r#"line 13: step "b": "colour" is not a field"#), "{found:?}");
    }

    /// G06: only what is done before a step can be used in it.
    #[test]
    fn a_step_uses_only_what_is_done_before_it() {
        let text = r#"name = "bad"
[[step]]
id = "a"
prompt = "x"
[[step]]
id = "b"
prompt = "{{steps.a.result}} {{args.none}} {{item}} {{steps.c.json.x}}"
"#;
        let found = faults(text).join("\n");
        for part in [
            r#"steps.a.result: "a" is not done before it"#,
            r#"there is no argument "none""#,
            "item: only a step with foreach has items",
            r#"there is no step "c""#,
        ] {
            assert!(found.contains(part), "{part}: {found}");
        }
    }

    #[test]
    fn a_circle_is_named_once() {
        let step = |id: &str, on: &str| {
            format!("[[step]]\nid = \"{id}\"\nprompt = \"x\"\ndepends_on = [\"{on}\"]\n")
        };
        let text = format!("name = \"c\"\n{}{}{}", step("a", "b"), step("b", "c"), step("c", "a"));
        assert_eq!(faults(&text), [r#"line 2: step "a": it waits for itself: a -> b -> c -> a"#]);
    }

    #[test]
    fn bad_values_are_named() {
        for (line, wanted) in [
            ("kind = \"robot\"", "kind is agent, command, fold or gate"),
            ("prompt = \"x\"\nmax_attempts = 0", "max_attempts is a whole number from 1 to 10"),
            ("prompt = \"x\"\nwhen = \"args.\"", "when: "),
            ("prompt = \"{{open\"", "has no }}"),
            ("prompt = 3", "prompt is integer, not a text"),
            ("kind = \"command\"", "a command has an argv"),
            ("kind = \"fold\"", "a fold has inputs"),
            ("prompt = \"x\"\non_failure = \"panic\"", "on_failure is fail, continue"),
            ("prompt = \"x\"\ncapabilities = [\"fly\"]", "capabilities are read"),
            ("prompt = \"x\"\nlimit = 3", "limit belongs to foreach"),
            ("prompt = \" \"", "there is no prompt"),
            ("prompt = \"x\"\nschema = 3", "schema: it must be an object"),
            (
                "prompt = \"x\"\nschema = { type = \"array\" }",
                "schema: its root must allow an object",
            ),
        ] {
            let found = faults(&format!("name = \"x\"\n[[step]]\nid = \"a\"\n{line}\n"));
            assert!(found.iter().any(|fault| fault.contains(wanted)), "{wanted}: {found:?}");
        }
        assert!(faults("name = ").iter().all(|fault| fault.starts_with("line 1: ")));
        assert_eq!(faults("name = \"x\""), ["line 1: there is no step: [[step]] begins one"]);
    }
}
