//! What happens, as one line each, while it happens.

use std::time::Instant;

use super::repository;
use super::stage::Stage;
use crate::cli::error::Failure;
use crate::cli::output::{Printer, neutral};
use crate::client::{Client, Target};
use crate::wire::event::EventView;
use crate::wire::message::MessageAnswer;
use crate::wire::session::SessionDetail;

/// Longest part of a message that is shown, in characters.
const SHOWN: usize = 72;
/// Colours of the sessions, in the order in which they appear (ECMA-48: magenta, cyan, green …).
const COLORS: [u8; 4] = [35, 36, 32, 33];

/// Tells of a run.
pub struct Progress {
    out: Printer,
    begun: Instant,
    sessions: Vec<String>,
    held: Option<Vec<String>>,
}

impl Progress {
    /// From now on.
    pub fn new(out: Printer) -> Self {
        Self { out, begun: Instant::now(), sessions: Vec::new(), held: None }
    }

    /// Seconds since the beginning.
    pub fn elapsed_s(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Keeps the lines back: the terminal shows something else.
    pub fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Shows what was kept back, and goes on.
    pub fn release(&mut self) -> Result<(), Failure> {
        let held = self.held.take().unwrap_or_default();
        held.iter().try_for_each(|line| self.print(line))
    }

    /// A line about something that is no event.
    pub fn say(&mut self, text: &str) -> Result<(), Failure> {
        let time = self.dim(&format!("{:5.1}s", self.elapsed_s()));
        let line = format!("{time}  {text}");
        match &mut self.held {
            Some(held) => {
                held.push(line);
                Ok(())
            }
            None => self.print(&line),
        }
    }

    fn print(&self, line: &str) -> Result<(), Failure> {
        if self.out.json || self.out.quiet {
            return Ok(());
        }
        self.out.line(line)?;
        self.out.flush()
    }

    /// Tells of an event, if it is one that people want to hear of.
    pub async fn tell(
        &mut self,
        event: &EventView,
        client: &Client,
        stage: &Stage,
    ) -> Result<(), Failure> {
        let session = event.session.as_deref().unwrap_or_default();
        match event.kind.as_str() {
            "session.live" => self.live(session, client).await,
            "message.accepted" => self.accepted(event, client).await,
            "message.submitted" => {
                let to = self.name(session);
                let whose = match text(event, "from") {
                    "person" => "your".to_owned(),
                    from => format!("{}'s", self.name(from)),
                };
                self.say(&format!("{to} has taken {whose} message"))
            }
            "session.report" => self.report(event, client, stage).await,
            "session.ended" => {
                let line = format!("{} has ended: {}", self.name(session), text(event, "reason"));
                self.say(&line)
            }
            _ => Ok(()),
        }
    }

    async fn live(&mut self, id: &str, client: &Client) -> Result<(), Failure> {
        let detail: SessionDetail = client.get(&Target::new(&["sessions", id])).await?;
        let session = detail.session;
        let by = self.name(&session.spawned_by);
        let label = session.label.map_or_else(String::new, |label| format!(" ({label})"));
        let line = format!("{}{label} is started by {by}, on {}", self.name(id), session.branch);
        self.say(&line)
    }

    async fn accepted(&mut self, event: &EventView, client: &Client) -> Result<(), Failure> {
        let target = Target::new(&["messages", text(event, "message")]);
        let answer: MessageAnswer = client.get(&target).await?;
        let body = answer.message.body.unwrap_or_default();
        let (from, to) = (self.name(&answer.message.from), self.name(&answer.message.to));
        let quoted = self.dim(&format!("“{}”", beginning(&body)));
        self.say(&format!("{from} → {to}: {quoted}"))
    }

    async fn report(
        &mut self,
        event: &EventView,
        client: &Client,
        stage: &Stage,
    ) -> Result<(), Failure> {
        let id = event.session.as_deref().unwrap_or_default();
        let detail: SessionDetail = client.get(&Target::new(&["sessions", id])).await?;
        let name = self.name(id);
        if text(event, "state") == "done" && detail.session.kind == "worker" {
            for commit in repository::commits(stage, &detail.session.branch).await? {
                self.say(&format!("{name} has committed {} “{}”", commit.id, commit.subject))?;
            }
        }
        let note = detail.session.report.and_then(|report| report.note);
        let note = note.filter(|_| detail.session.kind != "worker");
        let note = note.map_or_else(String::new, |note| format!(": {}", neutral::one_line(&note)));
        let state = text(event, "state").replace('_', " ");
        self.say(&format!("{name} reports {state}{note}"))
    }

    /// A party's name in its colour; the person is you.
    fn name(&mut self, id: &str) -> String {
        if id == "person" {
            return "you".to_owned();
        }
        let known = self.sessions.iter().position(|known| known == id);
        let at = known.unwrap_or_else(|| {
            self.sessions.push(id.to_owned());
            self.sessions.len() - 1
        });
        let id = neutral::one_line(id);
        if !self.out.color {
            return id;
        }
        format!("\x1b[{}m{id}\x1b[0m", COLORS[at % COLORS.len()])
    }

    fn dim(&self, text: &str) -> String {
        if self.out.color { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn text<'a>(event: &'a EventView, name: &str) -> &'a str {
    event.data[name].as_str().unwrap_or_default()
}

fn beginning(text: &str) -> String {
    let line = neutral::one_line(text);
    if line.chars().count() <= SHOWN {
        return line;
    }
    let cut: String = line.chars().take(SHOWN).collect();
    format!("{}…", cut.trim_end())
}
