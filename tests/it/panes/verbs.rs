//! Open, list, close, rename, mark.

use std::fs;

use ao::panes::PanesError;
use ao::process::Evidence;

use super::bed::{Bed, eventually, gone, id, lead, worker};
use super::client;

#[tokio::test]
async fn open_is_done_once() {
    let bed = Bed::running().await;
    let (a, b, c) = (worker(1), worker(1), worker(1));
    let (a, b, c) = tokio::join!(bed.panes.open(&a), bed.panes.open(&b), bed.panes.open(&c));
    a.and(b).and(c).unwrap();
    bed.panes.open(&worker(1)).await.unwrap();

    assert_eq!(bed.ids().await, ["shop-1"]);
    let view = bed.view("shop-1").await.unwrap();
    assert_eq!((view.title.as_str(), view.tab.as_str()), ("shop-1 · task 1", "main"));
    assert!(!view.exited);
    // The pane that held the place is gone.
    assert_eq!(client::panes(&bed.panes.socket()).len(), 1);
    assert!(bed.viewer("shop-1").await.contains("AO_DATA_DIR="));
    bed.end().await;
}

#[tokio::test]
async fn the_viewer_inherits_nothing_of_a_session() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let said = bed.viewer("shop-orchestrator").await;
    for line in said.lines() {
        let name = line.split('=').next().unwrap();
        assert!(!name.starts_with("CLAUDE") && !name.starts_with("AO_SESSION"), "{line}");
        assert!(name != "AO_ROLE" && !name.starts_with("CARGO"), "{line}");
    }
    bed.end().await;
}

#[tokio::test]
async fn twenty_workers_are_all_usable() {
    let bed = Bed::running().await;
    bed.open_team(20).await;
    assert_eq!(bed.ids().await.len(), 21);

    let socket = bed.panes.socket();
    let all = client::panes(&socket);
    let in_main = all.iter().filter(|pane| pane.tab_name == "main").count();
    assert_eq!(in_main, 3);
    let left = client::pane(&socket, "shop-orchestrator").pane_info;
    let right = client::pane(&socket, "shop-1").pane_info;
    assert_eq!((left.pane_x, left.pane_rows), (0, 48));
    assert!(left.pane_columns > right.pane_columns, "{left:?} {right:?}");
    for n in 3..=20 {
        let pane = client::pane(&socket, &format!("shop-{n}"));
        assert_eq!(pane.tab_name, format!("shop-{n} · task {n}"));
        assert_eq!((pane.pane_info.pane_columns, pane.pane_info.pane_rows), (160, 48));
    }
    for n in [1, 3, 20] {
        let name = format!("shop-{n}");
        bed.viewer(&name).await;
        eventually(|| client::screen(&socket, &name).contains(&name).then_some(())).await;
    }
    bed.end().await;
}

#[tokio::test]
async fn the_orchestrator_stands_left_whenever_it_comes() {
    let bed = Bed::running().await;
    bed.panes.open(&worker(1)).await.unwrap();
    bed.panes.open(&worker(2)).await.unwrap();
    bed.panes.open(&lead()).await.unwrap();
    let socket = bed.panes.socket();
    let pane = client::pane(&socket, "shop-orchestrator");
    assert_eq!((pane.tab_name.as_str(), pane.pane_info.pane_x), ("main", 0));
    for n in ["shop-1", "shop-2"] {
        assert!(client::pane(&socket, n).pane_info.pane_x > 0, "{n}");
    }
    // With the main tab gone and another there, it comes first again.
    bed.panes.open(&worker(3)).await.unwrap();
    for n in ["shop-orchestrator", "shop-1", "shop-2"] {
        bed.panes.close(&id(n)).await.unwrap();
    }
    bed.panes.open(&lead()).await.unwrap();
    let pane = client::pane(&socket, "shop-orchestrator");
    assert_eq!((pane.tab_name.as_str(), pane.tab_position), ("main", 0));
    bed.end().await;
}

#[tokio::test]
async fn close_and_open_again() {
    let bed = Bed::running().await;
    bed.open_team(4).await;
    for n in [1, 4] {
        let name = format!("shop-{n}");
        let viewer = bed.viewer_process(&name).await;
        bed.panes.close(&id(&name)).await.unwrap();
        bed.panes.close(&id(&name)).await.unwrap();
        assert_eq!(bed.view(&name).await, None);
        gone(viewer).await;
    }
    bed.panes.close(&id("nobody")).await.unwrap();
    bed.panes.open(&worker(4)).await.unwrap();
    // There is room beside the orchestrator again.
    assert_eq!(bed.view("shop-4").await.unwrap().tab, "main");
    bed.end().await;
}

#[tokio::test]
async fn the_last_pane_leaves_a_place_holder() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    bed.panes.close(&lead().session).await.unwrap();
    assert!(bed.panes.list().await.unwrap().is_empty());
    assert_eq!(client::panes(&bed.panes.socket()).len(), 1);
    bed.panes.open(&lead()).await.unwrap();
    assert_eq!(client::panes(&bed.panes.socket()).len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn a_viewer_that_ends_takes_its_pane_with_it() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let viewer = bed.viewer_process("shop-orchestrator").await;
    super::bed::signal_process(viewer, rustix::process::Signal::KILL);
    let socket = bed.panes.socket();
    eventually(|| client::panes(&socket).is_empty().then_some(())).await;
    // zellij lives on with no tab at all; the next pane makes one.
    assert_eq!(bed.panes.alive().await, Evidence::Alive);
    bed.panes.open(&lead()).await.unwrap();
    assert_eq!(bed.view("shop-orchestrator").await.unwrap().tab, "main");
    bed.end().await;
}

#[tokio::test]
async fn titles_are_ours() {
    let bed = Bed::running().await;
    bed.open_team(3).await;
    for n in ["shop-orchestrator", "shop-3"] {
        // The viewer has set a terminal title by now.
        let socket = bed.panes.socket();
        eventually(|| client::screen(&socket, n).contains("this is").then_some(())).await;
        assert!(bed.view(n).await.unwrap().title.starts_with(n));

        bed.panes.rename(&id(n), "another\u{1b}[31m\nname").await.unwrap();
        bed.panes.rename(&id(n), "another\u{1b}[31m\nname").await.unwrap();
        assert_eq!(bed.view(n).await.unwrap().title, "another [31m name");
        // The title says nothing any more, and the pane is found all the same.
        bed.panes.mark_ended(&id(n), n).await.unwrap();
        bed.panes.mark_ended(&id(n), n).await.unwrap();
        assert_eq!(bed.view(n).await.unwrap().title, format!("{n} · ended"));
    }
    assert_eq!(bed.view("shop-orchestrator").await.unwrap().tab, "main");
    assert_eq!(bed.view("shop-3").await.unwrap().tab, "shop-3 · ended");
    for result in [
        bed.panes.rename(&id("nobody"), "x").await,
        bed.panes.mark_ended(&id("nobody"), "x").await,
        bed.panes.focus(&id("nobody")).await,
    ] {
        assert!(matches!(result, Err(PanesError::NoPane(_))), "{result:?}");
    }
    bed.end().await;
}

#[tokio::test]
async fn a_viewer_that_cannot_run_is_an_error() {
    let bed = Bed::running().await;
    fs::remove_file(bed.path().join("ao")).unwrap();
    let result = bed.panes.open(&worker(1)).await;
    assert!(matches!(result, Err(PanesError::NotOpened(_) | PanesError::Refused(_))), "{result:?}");
    assert!(bed.panes.list().await.unwrap().is_empty());
    bed.end().await;
}
