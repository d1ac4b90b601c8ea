//! `cargo bench`: ao beside tmux, in one run on one machine, as ratios. Each pair is run in turns, so
//! that what else the machine does weighs on both. Needs git; without tmux its columns are left out.

mod ao_bed;
mod board;
mod client;
mod crowd;
mod figures;
mod memory;
mod messages;
mod probe;
mod tmux_bed;
mod workflows;

use std::io::{BufRead, BufReader};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ao_bed::{ALL, AoBed, LIVE};
use figures::{Times, heading};
use tmux_bed::TmuxBed;

/// Runs of a command that only lists.
const LISTS: usize = 200;
/// Messages; each takes the time between paste and Enter, too.
const SENDS: usize = 50;
/// Between two texts: after an Enter the session host leaves the terminal alone for 50 ms, and what
/// is measured is a text to somebody who waits for one.
const PAUSE: Duration = Duration::from_millis(150);
/// How long anything measured may take before the run is given up.
const DEADLINE: Duration = Duration::from_secs(20);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, role, socket, gate @ ..] = args.as_slice()
        && role == "--probe"
    {
        // The end of the terminal is its end.
        let _ = probe::run(Path::new(socket), gate.first().map(Path::new));
        return;
    }
    let root = tempfile::Builder::new().prefix("ao-bench-").tempdir_in("/tmp").unwrap();
    bench(root.path());
}

fn bench(root: &Path) {
    let terminal = std::env::current_exe().unwrap();
    let (ours, theirs) = (root.join("ours"), root.join("theirs"));
    let (at_ours, at_theirs) = (listen(&ours), listen(&theirs));
    println!("ao with {ALL} sessions ({LIVE} live, {} ended)", ALL - LIVE);
    let ao = AoBed::new(root, &terminal, &ours);
    let mut ao_probe = Probe::accept(&at_ours);
    let tmux = TmuxBed::new(root, &terminal, &theirs);
    let mut tmux_probe = tmux.as_ref().map(|_| Probe::accept(&at_theirs));
    if tmux.is_none() {
        println!("tmux is not installed: its columns and all ratios are left out");
    }
    memory(&ao);
    lists(&ao, tmux.as_ref());
    sends(&ao, &mut ao_probe, tmux.as_ref().zip(tmux_probe.as_mut()));
    messages::bench(&ao, &mut ao_probe, root);
    board::bench(&ao, root);
    workflows::bench(&ao, root);
    crowd::bench(root);
}

/// What twenty live sessions hold in memory.
fn memory(ao: &AoBed) {
    let (supervisor, mut hosts) = ao.pids();
    assert_eq!(hosts.len(), LIVE);
    heading(&format!("memory with {LIVE} live sessions"));
    figures::memory("supervisor, RSS", memory::rss(supervisor), Some(20.0));
    figures::memory("supervisor, PSS", memory::pss(supervisor), None);
    hosts.sort_by_key(|pid| memory::rss(*pid));
    let (middle, largest) = (hosts[hosts.len() / 2], hosts[hosts.len() - 1]);
    figures::memory("session host, RSS, median", memory::rss(middle), Some(8.0));
    figures::memory("session host, RSS, largest", memory::rss(largest), Some(8.0));
    figures::memory("session host, PSS, median", memory::pss(middle), None);
    let sum = hosts.iter().map(|pid| memory::pss(*pid)).sum::<u64>() + memory::pss(supervisor);
    figures::memory("supervisor and all hosts, PSS, sum", sum, None);
}

/// A name and what makes the command.
type Timed<'a> = (&'static str, Box<dyn Fn() -> Command + 'a>);

/// Whole processes, from fork to exit, their output thrown away.
fn lists(ao: &AoBed, tmux: Option<&TmuxBed>) {
    heading(&format!("listing {ALL}, the whole process, {LISTS} runs"));
    let mut commands: Vec<Timed<'_>> = vec![
        ("ao ls --all (100 sessions)", Box::new(|| ao.ao(&["ls", "--all"]))),
        ("ao ls (20 sessions)", Box::new(|| ao.ao(&["ls"]))),
        ("ao --version (only the process)", Box::new(|| ao.ao(&["--version"]))),
    ];
    if let Some(tmux) = tmux {
        commands.push(("tmux ls (1 session of 100 windows)", Box::new(|| tmux.tmux(&["ls"]))));
        let windows = || tmux.tmux(&["list-windows", "-t", "bench"]);
        commands.push(("tmux list-windows (100 windows)", Box::new(windows)));
    }
    let mut times: Vec<Times> = commands.iter().map(|_| Times::new()).collect();
    for _ in 0..LISTS {
        for ((_, command), times) in commands.iter().zip(&mut times) {
            times.push(whole_process(command()));
        }
    }
    for ((name, _), times) in commands.iter().zip(&times) {
        figures::times(name, times);
    }
    let [all, _, _, ls, windows] = times.as_slice() else { return };
    figures::ratio("ao ls --all / tmux ls", all.median(), ls.median(), Some(1.5));
    figures::ratio("ao ls --all / tmux list-windows", all.median(), windows.median(), Some(1.5));
}

fn whole_process(mut command: Command) -> Duration {
    command.stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().unwrap();
    let took = begun.elapsed();
    assert!(status.success());
    took
}

/// From before the command is started until the program in the terminal has read the first byte.
fn sends(ao: &AoBed, ao_probe: &mut Probe, tmux: Option<(&TmuxBed, &mut Probe)>) {
    heading(&format!("a text to its first byte in the terminal, {SENDS} runs"));
    let text = "Please look at the failing test and say what is wrong with it.";
    let (mut ours, mut theirs) = (Times::new(), Times::new());
    let mut tmux = tmux;
    for _ in 0..SENDS {
        std::thread::sleep(PAUSE);
        ours.push(ao_probe.first_byte(ao.ao(&["send", &ao.probe, text])));
        if let Some((tmux, probe)) = &mut tmux {
            let keys = tmux.tmux(&["send-keys", "-t", "bench:0", text, "Enter"]);
            theirs.push(probe.first_byte(keys));
        }
    }
    figures::times("ao send", &ours);
    if tmux.is_some() {
        figures::times("tmux send-keys", &theirs);
        figures::ratio("ao send / tmux send-keys", ours.median(), theirs.median(), Some(3.0));
    }
}

fn listen(path: &Path) -> UnixListener {
    UnixListener::bind(path).unwrap()
}

/// The near end of a probe in a terminal.
struct Probe(BufReader<UnixStream>);

impl Probe {
    fn accept(listener: &UnixListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// The time to the first byte; returns once the Enter has come too and the command has ended.
    fn first_byte(&mut self, mut command: Command) -> Duration {
        let begun = probe::now();
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let (first, mut last) = self.read();
        while last != b'\r' {
            (_, last) = self.read();
        }
        assert!(child.wait().unwrap().success());
        Duration::from_nanos(first.saturating_sub(begun))
    }

    /// When the next Enter was read.
    fn enter(&mut self) -> u64 {
        loop {
            if let (at, b'\r') = self.read() {
                return at;
            }
        }
    }

    fn read(&mut self) -> (u64, u8) {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the probe sees the text within the deadline");
        let (at, last) = line.trim().split_once(' ').expect("the probe has not ended");
        (at.parse().unwrap(), last.parse().unwrap())
    }
}
