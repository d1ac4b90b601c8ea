//! One lane per session: work on one session is serial, sessions are parallel, and no lock is held
//! while it runs. A lane is a queue with a task that lives as long as there is work.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
type Queues = Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Work>>>>;

/// All lanes, by name.
#[derive(Clone, Default)]
pub struct Lanes {
    queues: Queues,
}

/// The work in a lane panicked or the supervisor is going down; what it did until then stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work on this session was cut off")]
pub struct CutOff;

impl Lanes {
    /// Runs `work` after everything that was put into the lane `name` before it. It runs to its
    /// end even when the caller goes away. Work must not enter its own lane again: it would wait
    /// for itself.
    pub async fn run<T, F>(&self, name: &str, work: F) -> Result<T, CutOff>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Work = Box::pin(async move {
            // A panic ends this work, not the lane.
            if let Ok(done) = tokio::spawn(work).await {
                let _ = answer.send(done);
            }
        });
        self.enter(name, job);
        answered.await.map_err(|_| CutOff)
    }

    fn enter(&self, name: &str, job: Work) {
        let mut queues = self.queues.lock().expect("no lane panics while it holds the map");
        let queue = queues.entry(name.to_owned()).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(drain(name.to_owned(), receiver, self.queues.clone()));
            sender
        });
        // The receiver goes only together with the entry, under the same lock.
        let _ = queue.send(job);
    }
}

async fn drain(name: String, mut jobs: mpsc::UnboundedReceiver<Work>, queues: Queues) {
    while let Some(job) = jobs.recv().await {
        job.await;
        let mut queues = queues.lock().expect("no lane panics while it holds the map");
        if jobs.is_empty() {
            queues.remove(&name);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn one_lane_is_serial_and_a_panic_does_not_stop_it() {
        let lanes = Lanes::default();
        let inside = Arc::new(AtomicU32::new(0));
        let mut tasks = Vec::new();
        for n in 0..50 {
            let (lanes, inside) = (lanes.clone(), inside.clone());
            tasks.push(tokio::spawn(async move {
                lanes
                    .run("a", async move {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        tokio::task::yield_now().await;
                        inside.fetch_sub(1, Ordering::SeqCst);
                        assert!(n != 25, "one of them panics");
                    })
                    .await
            }));
        }
        let mut cut_off = 0;
        for task in tasks {
            cut_off += u32::from(task.await.unwrap().is_err());
        }
        assert_eq!(cut_off, 1);
        assert!(lanes.queues.lock().unwrap().is_empty(), "an idle lane is gone");
    }
}
