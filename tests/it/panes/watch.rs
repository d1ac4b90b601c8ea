//! Events: a pane closed, the server gone.

use ao::panes::PaneEvent;
use futures_util::StreamExt;
use rustix::process::Signal;
use tokio::time::timeout;

use super::bed::{Bed, PATIENCE, id, signal_process, worker};

#[tokio::test]
async fn closed_panes_and_a_dead_server_are_told() {
    let bed = Bed::running().await;
    bed.open_team(4).await;
    let mut watch = bed.panes.watch().await.unwrap();

    // In a tab with others, in a tab of its own; by us, by its viewer's end.
    bed.panes.close(&id("shop-1")).await.unwrap();
    let event = timeout(PATIENCE, watch.next()).await.unwrap();
    assert_eq!(event, Some(PaneEvent::PaneClosed(id("shop-1"))));
    signal_process(bed.viewer_process("shop-4").await, Signal::KILL);
    let event = timeout(PATIENCE, watch.next()).await.unwrap();
    assert_eq!(event, Some(PaneEvent::PaneClosed(id("shop-4"))));

    // One that was opened meanwhile counts, too.
    bed.panes.open(&worker(9)).await.unwrap();
    bed.panes.close(&id("shop-2")).await.unwrap();
    let event = timeout(PATIENCE, watch.next()).await.unwrap();
    assert_eq!(event, Some(PaneEvent::PaneClosed(id("shop-2"))));
    bed.panes.close(&id("shop-9")).await.unwrap();
    let event = timeout(PATIENCE, watch.next()).await.unwrap();
    assert_eq!(event, Some(PaneEvent::PaneClosed(id("shop-9"))));

    bed.signal_server(Signal::KILL);
    let rest: Vec<_> = timeout(PATIENCE, watch.into_stream().collect()).await.unwrap();
    assert_eq!(rest, [PaneEvent::Gone]);
    bed.end().await;
}

#[tokio::test]
async fn an_asked_end_is_told() {
    let bed = Bed::running().await;
    let watch = bed.panes.watch().await.unwrap();
    bed.panes.end().await.unwrap();
    let rest: Vec<_> = timeout(PATIENCE, watch.into_stream().collect()).await.unwrap();
    assert_eq!(rest, [PaneEvent::Gone]);
    bed.end().await;
}
