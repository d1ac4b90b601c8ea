//! Group K: the workflows that come with ao, on an agent that answers by schema.

use serde_json::json;

use super::bed::Bed;

#[test]
fn k06_a_missing_question_is_explained_without_an_agent() {
    let bed = Bed::new();
    let ran = bed.run_what("deep-research", &["--fresh"]).ok().json();
    assert_eq!(ran["state"], "completed");
    assert!(ran["result"]["error"].as_str().unwrap().contains("question"));
    assert!(bed.ran().is_empty());
}

#[test]
fn k07_each_ends_with_a_summary_and_within_its_bounds() {
    let bed = Bed::new();
    for (name, args, most) in [
        ("deep-research", json!("why?"), 1 + 5 + 15 + 75 + 1),
        ("review-code", json!({"level": "normal"}), 1 + 3 + 12),
        ("code-review", json!(null), 1 + 3 + 12),
        ("find-issues", json!({"max": 2, "rounds": 2}), 2 + 6),
    ] {
        bed.forget();
        let text = args.to_string();
        let ran = bed
            .run_what(name, &["--fresh", "--args", &text])
            .env("FAKE_BY_SCHEMA", "1")
            .ok()
            .json();
        assert!(ran["result"]["summary"].as_str().is_some_and(|s| !s.is_empty()), "{name}: {ran}");
        let count = bed.ran().len();
        assert!(count > 0 && count <= most, "{name}: {count}");
        // Agents that fail are counted, not fatal.
        let ran = bed
            .sandbox
            .ao(&[
                "--json",
                "--project",
                "shop",
                "workflow",
                "run",
                name,
                "--fresh",
                "--args",
                &text,
                "--",
                "false",
            ])
            .ok()
            .json();
        assert!(ran["result"]["summary"].is_string(), "{name}: {ran}");
    }
}
