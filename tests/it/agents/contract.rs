//! What holds for every agent. Each function is one promise; the files of the agents say which
//! hold for them.

use super::team::{Team, whole};

/// The task is submitted, the role is in the model's request, and the status follows.
pub fn spawns_with_its_task_and_its_role(team: &Team) {
    let mut events = team.events();
    let id = team.worker("MOCK: say first-turn");
    let request = team.model.hears("MOCK: say first-turn");
    let text = whole(&team.model.body(&request));
    for part in [id.as_str(), "worker/shop-1", "ao report done"] {
        assert!(text.contains(part), "no {part} in the model's request: {text}");
    }
    for status in ["working", "idle"] {
        events.until(status, |event| {
            event["kind"] == "session.activity" && event["data"]["activity"] == status
        });
    }
    team.idle(&id);
    let session = team.sandbox.session(&id);
    assert_eq!(session["status_source"], "hook", "{session}");
    let worktree = session["worktree"].as_str().unwrap();
    let changed = crate::support::git(
        worktree.as_ref(),
        &team.sandbox.path("home"),
        &["status", "--porcelain", "--ignored"],
    );
    assert_eq!(changed, "", "the launch leaves nothing in the worktree");
}
