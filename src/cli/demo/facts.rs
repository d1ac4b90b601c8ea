//! What came of a run, as the supervisor and git tell it.

use super::repository::{Commit, commits, new_files};
use super::stage::Stage;
use crate::cli::error::Failure;
use crate::client::{Client, Target};
use crate::wire::message::{MessageList, MessageView};
use crate::wire::session::{SessionList, SessionView};

/// Sessions, messages, commits and files.
#[derive(Debug, Default)]
pub struct Facts {
    /// All sessions.
    pub sessions: Vec<SessionView>,
    /// All messages, oldest first.
    pub messages: Vec<MessageView>,
    /// The commits of the workers' branches.
    pub commits: Vec<Commit>,
    /// The files that workers added: branch and name.
    pub files: Vec<(String, String)>,
}

impl Facts {
    /// Asks for all of it.
    pub async fn collect(client: &Client, stage: &Stage) -> Result<Self, Failure> {
        let all = Target::new(&["sessions"]).flag("all", true);
        let mut sessions = client.get::<SessionList>(&all).await?.sessions;
        sessions.sort_by(|a, b| a.created_at.cmp(&b.created_at));
        let mut messages = client.get::<MessageList>(&Target::new(&["messages"])).await?.messages;
        messages.sort_by(|a, b| a.accepted_at.cmp(&b.accepted_at));
        let mut facts = Self { sessions, messages, ..Self::default() };
        for branch in facts.workers().map(|worker| worker.branch.clone()).collect::<Vec<_>>() {
            facts.commits.extend(commits(stage, &branch).await?);
            let files = new_files(stage, &branch).await?;
            facts.files.extend(files.into_iter().map(|file| (branch.clone(), file)));
        }
        Ok(facts)
    }

    /// The sessions that are workers.
    pub fn workers(&self) -> impl Iterator<Item = &SessionView> {
        self.sessions.iter().filter(|session| session.kind == "worker")
    }
}
