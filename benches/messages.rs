//! Messages in a live client, as ratios: acceptance against one synced commit of SQLite on the same
//! file system, an idle agent's delivery against the time between paste and Enter, and what a
//! message costs where many wait against few.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::ao_bed::{AoBed, LIVE};
use super::client::Client;
use super::figures::{self, Times, heading};
use super::{Probe, probe};

/// Acceptances, and commits beside them.
const ACCEPTED: usize = 300;
/// Deliveries to an idle agent.
const DELIVERED: usize = 50;
/// Between paste and Enter, unless a manifest says otherwise.
const SETTLE_MS: f64 = 300.0;
/// Messages that wait for each of [`LIVE`] sessions: a thousand altogether, and ten thousand, which
/// is as many as may.
const QUEUES: [usize; 2] = [50, 500];
/// Messages that are timed at the end of a queue, and from its beginning on.
const SAMPLE: usize = 40;
const TEXT: &str = "Please look at the failing test and say what is wrong with it.";

pub fn bench(ao: &AoBed, ao_probe: &mut Probe, root: &Path) {
    accepted(ao, root);
    delivered(ao, ao_probe);
    queues(ao, root);
}

/// From the request to its answer, each followed by a commit of a row as large.
fn accepted(ao: &AoBed, root: &Path) {
    heading(&format!("acceptance in a live client, {ACCEPTED} messages"));
    let mut client = Client::connect(ao);
    let db = synced_database(&root.join("beside.db"));
    let (mut ours, mut commits) = (Times::new(), Times::new());
    for _ in 0..ACCEPTED {
        ours.push(send(&mut client, &ao.probe, "on-demand"));
        let begun = Instant::now();
        db.execute("INSERT INTO texts (text) VALUES (?1)", [TEXT]).unwrap();
        commits.push(begun.elapsed());
    }
    figures::times("accepted", &ours);
    figures::times("one synced commit of SQLite", &commits);
    let ratio = |ours: f64, theirs: f64, name| figures::ratio(name, ours, theirs, Some(2.0));
    ratio(ours.median(), commits.median(), "accepted / commit, median");
    ratio(ours.quantile(0.95), commits.quantile(0.95), "accepted / commit, p95");
}

/// With the settings of ao's own database.
pub fn synced_database(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                    CREATE TABLE texts (seq INTEGER PRIMARY KEY, text TEXT NOT NULL);";
    db.execute_batch(settings).unwrap();
    db
}

/// Sends a message; how long it took to be accepted.
fn send(client: &mut Client, session: &str, policy: &str) -> Duration {
    let body = format!(r#"{{"text":"{TEXT}","deliver":"{policy}"}}"#);
    client.post(&format!("/sessions/{session}/messages"), &body).0
}

/// From the request until the agent has read the Enter.
fn delivered(ao: &AoBed, ao_probe: &mut Probe) {
    heading(&format!("delivery to an idle agent, {DELIVERED} messages"));
    let mut client = Client::connect(ao);
    let mut times = Times::new();
    for _ in 0..DELIVERED {
        std::thread::sleep(super::PAUSE);
        let begun = probe::now();
        send(&mut client, &ao.probe, "immediate");
        times.push(Duration::from_nanos(ao_probe.enter().saturating_sub(begun)));
    }
    figures::times("until the Enter has been read", &times);
    let name = |what| format!("delivered / {SETTLE_MS} ms between paste and Enter, {what}");
    figures::ratio(&name("p50"), times.median(), SETTLE_MS, Some(1.2));
    figures::ratio(&name("p95"), times.quantile(0.95), SETTLE_MS, Some(1.5));
}

/// What acceptance costs at the end of a queue while as many wait for everybody else, and delivery
/// from its beginning on.
fn queues(ao: &AoBed, root: &Path) {
    let [short, long] = QUEUES.map(|length| length * LIVE);
    heading(&format!("{short} messages that wait, and {long}"));
    let others: Vec<String> = ao.live().into_iter().filter(|id| *id != ao.probe).collect();
    let mut client = Client::connect(ao);
    let mut figures = Vec::new();
    let mut waiting = 0;
    for length in QUEUES {
        for id in &others {
            for _ in waiting..length {
                send(&mut client, id, "on-demand");
            }
        }
        waiting = length;
        let mut queue = Queue::new(ao, root, length);
        let accepted = queue.fill(length);
        let delivered = queue.drain();
        let all = length * (others.len() + 1);
        figures::times(&format!("accepted behind {all}"), &accepted);
        println!("  {:<44}        {delivered:7.2} ms", format!("delivered in front of {all}"));
        figures.push((accepted.median(), delivered));
        queue.end();
    }
    let [(few, quick), (many, slow)] = figures.as_slice() else { return };
    figures::ratio("accepted, many / few waiting", *many, *few, Some(1.5));
    figures::ratio("delivered, many / few waiting", *slow, *quick, Some(1.5));
}

/// An agent that takes nothing before it is told to, and what waits for it.
struct Queue<'a> {
    ao: &'a AoBed,
    session: String,
    probe: Probe,
    /// A byte into this, and the agent takes pastes.
    gate: UnixStream,
}

impl<'a> Queue<'a> {
    fn new(ao: &'a AoBed, root: &Path, length: usize) -> Self {
        let path = |kind: &str| root.join(format!("{kind}-{length}"));
        let (told, gate) = (path("told"), path("gate"));
        let listen = |path: &Path| UnixListener::bind(path).unwrap();
        let (at_told, at_gate) = (listen(&told), listen(&gate));
        let terminal = std::env::current_exe().unwrap();
        let argv = [terminal.as_path(), Path::new("--probe"), &told, &gate];
        ao.manifest("gated", &argv);
        let spawned = ao.json(&["spawn", "--agent", "gated"]);
        let session = spawned["session"]["id"].as_str().unwrap().to_owned();
        let (gate, _) = at_gate.accept().unwrap();
        Self { ao, session, probe: Probe::accept(&at_told), gate }
    }

    /// Fills it up, the last ones with the clock running.
    fn fill(&mut self, length: usize) -> Times {
        let mut client = Client::connect(self.ao);
        for _ in SAMPLE..length {
            send(&mut client, &self.session, "immediate");
        }
        let mut times = Times::new();
        for _ in 0..SAMPLE {
            times.push(send(&mut client, &self.session, "immediate"));
        }
        times
    }

    /// Lets the agent take them; milliseconds for each of the first ones.
    fn drain(&mut self) -> f64 {
        self.gate.write_all(b"!").unwrap();
        let first = self.probe.enter();
        let last = (0..SAMPLE).map(|_| self.probe.enter()).last().unwrap();
        Duration::from_nanos(last - first).as_secs_f64() * 1000.0 / SAMPLE as f64
    }

    fn end(self) {
        self.ao.json(&["kill", &self.session]);
    }
}
