//! `ao task graph`

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::tasks;
use crate::client::{Client, Target};
use crate::model::board::TaskId;
use crate::wire::task::{TaskList, TaskView};

/// Draw which task waits for which
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// Tasks that are over as well, even where nothing waits for them
    #[arg(short, long)]
    pub all: bool,
}

/// The graph: tasks, and pairs of a task and one that it depends on.
#[derive(Debug, Serialize)]
struct Graph {
    tasks: Vec<TaskView>,
    edges: Vec<(TaskId, TaskId)>,
}

/// Does it.
pub async fn run(args: &GraphArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = context.project(&client).await?;
    let mut tasks = all(&client, &project).await?;
    if !args.all {
        tasks = tasks::alive_with_dependencies(tasks);
    }
    let edges = tasks.iter().flat_map(|task| task.depends_on.iter().map(|on| (task.id, *on)));
    let graph = Graph { edges: edges.collect(), tasks };
    let ids: Vec<String> = graph.tasks.iter().map(|task| task.id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    context.out.result(&graph, &ids, || {
        if graph.tasks.is_empty() {
            return context.out.line("no tasks");
        }
        context.out.text(&tasks::graph(&graph.tasks))
    })
}

async fn all(client: &Client, project: &str) -> Result<Vec<TaskView>, Failure> {
    let mut tasks = Vec::new();
    let mut after: Option<TaskId> = None;
    loop {
        let target = Target::new(&["tasks"])
            .with("project", Some(project))
            .with("limit", Some("2000"))
            .with("after", after.map(|id| id.to_string()));
        let page: TaskList = client.get(&target).await?;
        tasks.extend(page.tasks);
        after = page.next_after;
        if after.is_none() {
            return Ok(tasks);
        }
    }
}
