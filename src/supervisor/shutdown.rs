//! The order to stop, as everything that waits hears it.

use tokio::sync::watch;

/// Returns when the order to stop is given, or nobody can give it any more.
pub async fn ordered(stopping: &mut watch::Receiver<bool>) {
    // The guard that the wait gives must not be held across whatever follows.
    drop(stopping.wait_for(|stop| *stop).await);
}
