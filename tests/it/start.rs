//! `ao start`.

use super::support::{Footprint, Sandbox};

#[test]
fn makes_what_is_missing_and_twice_changes_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let first = sandbox.ao(&["start"]).dir(shop.path()).json();
    assert_eq!(first["outcome"], "started");
    assert_eq!(first["created"], true);
    assert_eq!(first["orchestrator"], "shop-orchestrator");
    assert_eq!(first["session"]["branch"], "orchestrator/shop-orchestrator");
    assert_eq!(first["session"]["kind"], "orchestrator");
    let before = Footprint::of(&sandbox, &[&shop]);
    let second = sandbox.ao(&["start"]).dir(shop.path()).json();
    assert_eq!(second["outcome"], "reused");
    assert_eq!(second["created"], false);
    assert_eq!(second["supervisor"]["pid"], first["supervisor"]["pid"]);
    assert_eq!(second["session"]["agent_pid"], first["session"]["agent_pid"]);
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
}
