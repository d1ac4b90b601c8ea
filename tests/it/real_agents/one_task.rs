//! What holds for an agent in its headless mode.

use serde_json::{Value, json};

use super::team::{Team, whole};

/// One task in its headless mode: result, trace, usage as the server counted it, and a result in a
/// form that was asked for.
pub fn runs(team: &Team) {
    let task = "MOCK: bash echo one-shot-out ;; say finished-00";
    let outcome = team.one_task(&["--role", "You are the finder of role-00.", task]);
    assert_eq!((&outcome["state"], &outcome["result"]), (&json!("done"), &json!("finished-00")));
    assert_eq!(outcome["tool_calls"], 1, "{outcome}");
    let request = whole(&team.model.body(&team.model.hears("one-shot-out")));
    assert!(request.contains("role-00"), "it is told who it is to be: {request}");
    let id = outcome["session"].as_str().unwrap();
    let traces = team.ao(&["trace", id]).json();
    let call = &traces["traces"][0];
    assert!(call["input"].to_string().contains("one-shot-out"), "{traces}");
    assert!(call["output"].to_string().contains("one-shot-out"), "{traces}");
    assert_eq!((&call["outcome"], &call["source"]), (&json!("ok"), &json!("stream")), "{traces}");
    let usage = team.ao(&["usage", id]).json();
    assert_eq!(team.counted(&usage), team.logged("one-shot-out"), "{usage}");
    let shown = team.sandbox.session(id);
    assert_eq!(shown["end_reason"], "exited(0)", "{shown}");
    let logs = team.ao(&["logs", id]).ok().out();
    assert!(logs.contains("finished-00") && logs.contains("echo one-shot-out"), "{logs}");
}

/// A result in a form that was asked for, in its headless mode. `task` gives it; `result` is what is
/// to come of it.
pub fn gives_its_result_in_a_form(team: &Team, task: &str, result: &Value) -> Value {
    let outcome = team.one_task(&["--schema", &schema(team), task]);
    assert_eq!((&outcome["state"], &outcome["result"]), (&json!("done"), result), "{outcome}");
    assert_eq!(outcome["tool_calls"], 0, "giving it is no work of its own: {outcome}");
    outcome
}

/// One whose first result does not meet its form is told so in the same conversation.
pub fn is_asked_again_for_its_result(team: &Team) {
    let task = "form-00 MOCK: say {\"n\": \"MOCK: say {}\"}";
    let outcome = gives_its_result_in_a_form(team, task, &json!({}));
    let again = team.model.request("what is wrong with it", |request| {
        request["user"].as_str().is_some_and(|user| user.contains("Your result was refused"))
    });
    let text = whole(&team.model.body(&again));
    assert!(text.contains("form-00"), "the conversation goes on: {text}");
    let id = outcome["session"].as_str().unwrap();
    let usage = team.ao(&["usage", id]).json();
    let [first, second] = ["form-00", "was refused"].map(|text| team.logged(text));
    assert_eq!(team.counted(&usage), [first[0] + second[0], first[1] + second[1]], "{usage}");
}

/// A model that fails for good is the run's failure, in the words of its side.
pub fn tells_that_its_model_has_failed(team: &Team) {
    let ran = team.run_agent(&["MOCK: error 400 0 broken-words"]).fails_json(1);
    let reason = ran["reason"].as_str().unwrap();
    assert!(reason.starts_with("api_error: ") && reason.contains("broken-words"), "{ran}");
}

/// One whose model says words instead of its result is asked once more, and then has none.
pub fn is_asked_again_for_words_alone(team: &Team) {
    let schema = schema(team);
    let told = team.run_agent(&["--schema", &schema, "MOCK: say words-00"]).fails_json(1);
    assert!(told["reason"].as_str().unwrap().contains("no result was submitted"), "{told}");
    team.model.request("the question for it", |request| {
        let user = request["user"].as_str().unwrap_or_default();
        user.contains("You have not submitted")
            && whole(&team.model.body(request)).contains("words-00")
    });
}

/// The file of a schema that an object meets.
fn schema(team: &Team) -> String {
    let file = team.sandbox.path("schema.json");
    let form = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    std::fs::write(&file, form.to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}
