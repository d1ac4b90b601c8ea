//! With a person at the screen: their focus is theirs, their keys end nothing.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ao::process::Evidence;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use zellij_utils::ipc::{ClientToServerMsg, ServerToClientMsg};

use super::bed::{Bed, eventually, id, lead, worker};
use super::client::{self, Client};

fn terminal(bed: &Bed, session: &str) -> String {
    format!("terminal_{}", client::pane(&bed.panes.socket(), session).pane_info.id)
}

#[tokio::test]
async fn opening_takes_nobodys_focus() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let socket = bed.panes.socket();
    let _person = Client::attach(&socket, 120, 40);
    let looked_at = terminal(&bed, "shop-orchestrator");
    for n in 1..=5 {
        bed.panes.open(&worker(n)).await.unwrap();
        assert_eq!(client::focused(&socket), std::slice::from_ref(&looked_at), "worker {n}");
    }
    bed.panes.close(&id("shop-1")).await.unwrap();
    bed.panes.rename(&id("shop-2"), "x").await.unwrap();
    bed.panes.close(&id("shop-5")).await.unwrap();
    assert_eq!(client::focused(&socket), [looked_at]);
    // Nobody's size either: the main tab is as large as the person's terminal.
    let all = client::panes(&socket);
    let main = all.iter().filter(|pane| pane.tab_name == "main").map(|pane| &pane.pane_info);
    let right = main.map(|pane| pane.pane_x + pane.pane_columns).max();
    assert_eq!(right, Some(120));
    bed.end().await;
}

#[tokio::test]
async fn focus_shows_a_pane() {
    let bed = Bed::running().await;
    bed.open_team(4).await;
    let socket = bed.panes.socket();
    // With nobody there it is what the next person sees.
    bed.panes.focus(&id("shop-3")).await.unwrap();
    bed.panes.focus(&id("shop-3")).await.unwrap();
    assert!(client::focused(&socket).is_empty());
    let person = Client::attach(&socket, 120, 40);
    assert_eq!(client::focused(&socket), [terminal(&bed, "shop-3")]);
    // With somebody there it is what they see.
    for session in ["shop-4", "shop-2", "shop-2", "shop-orchestrator"] {
        bed.panes.focus(&id(session)).await.unwrap();
        assert_eq!(client::focused(&socket), [terminal(&bed, session)], "{session}");
    }
    drop(person);
    // Right after a tab was made, whose maker zellij may take for a person.
    bed.panes.open(&worker(5)).await.unwrap();
    bed.panes.focus(&id("shop-5")).await.unwrap();
    let _person = Client::attach(&socket, 120, 40);
    assert_eq!(client::focused(&socket), [terminal(&bed, "shop-5")]);
    bed.end().await;
}

#[tokio::test]
async fn the_last_pane_throws_nobody_out() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let socket = bed.panes.socket();
    let _person = Client::attach(&socket, 120, 40);
    for _ in 0..3 {
        bed.panes.close(&lead().session).await.unwrap();
        assert_eq!(client::focused(&socket).len(), 1);
        bed.panes.open(&lead()).await.unwrap();
        assert_eq!(client::focused(&socket), [terminal(&bed, "shop-orchestrator")]);
    }
    bed.end().await;
}

/// zellij at a terminal of its own, as `ao zellij` becomes it.
struct Terminal {
    keys: File,
    seen: Arc<Mutex<String>>,
    zellij: Child,
}

impl Terminal {
    fn attach(bed: &Bed) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        // As from inside another zellij and another agent.
        let marks = ["ZELLIJ", "ZELLIJ_SESSION_NAME", "ZELLIJ_PANE_ID", "CLAUDECODE"];
        let mut inherited: Vec<_> = std::env::vars_os().collect();
        inherited.extend(marks.map(|name| (name.into(), "shop".into())));
        inherited.retain(|(name, _)| name != "TERM");
        inherited.push(("TERM".into(), "xterm-256color".into()));
        let attach = bed.panes.attach_command(inherited.into_iter());
        let zellij = Command::new(attach.program)
            .args(attach.arguments)
            .env_clear()
            .envs(attach.environment)
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        let mut output = File::from(master);
        let keys = output.try_clone().unwrap();
        let seen = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&seen);
        // Ends when the last process at the terminal has.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { keys, seen, zellij }
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
    }

    /// Waits until a text is drawn, and forgets everything up to then.
    async fn sees(&self, text: &str) {
        eventually(|| {
            let mut seen = self.seen.lock().unwrap();
            seen.contains(text).then(|| seen.clear())
        })
        .await;
    }
}

#[tokio::test]
async fn a_person_attaches_looks_around_and_leaves() {
    let bed = Bed::running().await;
    bed.open_team(3).await;
    let socket = bed.panes.socket();
    for session in ["shop-orchestrator", "shop-3"] {
        eventually(|| client::screen(&socket, session).contains("this is").then_some(())).await;
    }
    let mut terminal = Terminal::attach(&bed);
    terminal.sees("this is shop-orchestrator").await;
    terminal.press(b"\x1bj");
    terminal.sees("this is shop-3").await;
    terminal.press(b"\x1bk");
    terminal.sees("this is shop-1").await;
    terminal.press(b"\x1bo");
    let worker = self::terminal(&bed, "shop-1");
    eventually(|| (client::focused(&socket) == [worker.clone()]).then_some(())).await;
    // Keys that zellij would take by default, and what an agent's own end would look like.
    terminal.press(b"\x11\x07\x10\x14\x0fhello\r");
    eventually(|| client::screen(&socket, "shop-1").contains("hello").then_some(())).await;
    assert_eq!(bed.ids().await.len(), 4);

    terminal.press(b"\x1bq");
    let status = eventually(|| terminal.zellij.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");
    assert_eq!(bed.panes.alive().await, Evidence::Alive);
    assert_eq!(bed.ids().await.len(), 4);
    bed.end().await;
}

#[tokio::test]
async fn a_terminal_that_is_closed_leaves_everything() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let mut terminal = Terminal::attach(&bed);
    let socket = bed.panes.socket();
    eventually(|| (client::focused(&socket).len() == 1).then_some(())).await;
    terminal.zellij.kill().unwrap();
    terminal.zellij.wait().unwrap();
    eventually(|| client::focused(&socket).is_empty().then_some(())).await;
    assert_eq!(bed.ids().await, ["shop-orchestrator"]);
    bed.end().await;
}

#[tokio::test]
async fn probes_of_others_lose_no_request() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let socket = bed.panes.socket();
    // What `zellij attach` and `zellij ls` do first; zellij then forgets a client too many.
    let probes = std::thread::spawn(move || {
        for _ in 0..50 {
            let mut probe = Client::connect(&socket);
            probe.send(ClientToServerMsg::ConnStatus);
            // One that it forgets is hung up on.
            let answered = |message: ServerToClientMsg| message == ServerToClientMsg::Connected;
            while probe.next().is_some_and(|message| !answered(message)) {}
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let mut listed = 0;
    while !probes.is_finished() {
        assert_eq!(bed.ids().await.len(), 1);
        listed += 1;
    }
    probes.join().unwrap();
    assert!(listed > 0);
    bed.panes.open(&worker(1)).await.unwrap();
    bed.end().await;
}
