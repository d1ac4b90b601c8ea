//! Where flows are: `.ao/flows/*.toml` of the repository, and `flows/*.toml` of the configuration
//! directory. A name means the repository's first. The repository is that of the project that is
//! named, else that of the current folder; a session's is that of its project.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::Failure;
use crate::client::Target;
use crate::config::{read_regular_text, toml_files};
use crate::model::flow::{Fault, Flow, read};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::project::ProjectAnswer;

/// Largest file in bytes.
const LIMIT: u64 = 1024 * 1024;

/// A file with a flow, or with faults.
#[derive(Debug)]
pub struct FlowFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text, whole; nothing of a file that cannot be read.
    pub text: String,
    /// What is in it.
    pub flow: Result<Flow, Vec<Fault>>,
}

impl FlowFile {
    fn of(path: PathBuf, text: String) -> Self {
        Self { path, flow: read(&text), text }
    }

    /// One of those that lie in a folder. That it cannot be read is its own fault, and nobody else's.
    fn in_folder(path: PathBuf) -> Self {
        match read_regular_text(&path, LIMIT) {
            Ok(text) => Self::of(path, text),
            Err(error) => Self::unreadable(path, &error.to_string()),
        }
    }

    fn unreadable(path: PathBuf, why: &str) -> Self {
        let fault = Fault::of_file(format!("it cannot be read: {why}"));
        Self { path, text: String::new(), flow: Err(vec![fault]) }
    }

    /// The flow's name; the file's where it cannot be read.
    pub fn name(&self) -> String {
        match &self.flow {
            Ok(flow) => flow.name.clone(),
            Err(_) => stem(&self.path),
        }
    }

    /// The flow, or all its faults as one error.
    pub fn into_flow(self) -> Result<Flow, Failure> {
        let path = self.path.display().to_string();
        self.flow.map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let count = lines.len();
            let number = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
            ApiError::new(
                ErrorCode::Refused,
                format!("{path} has {number}"),
                lines.join("; "),
                "correct them; `ao flow check` names all of them",
            )
            .into()
        })
    }
}

/// All files, the repository's first, each folder in the order of names.
pub async fn all(context: &Context) -> Result<Vec<FlowFile>, Failure> {
    Ok(folders(context).await?.iter().flat_map(|folder| files_of(folder)).collect())
}

/// The flow that a person means: a file's path, or a flow's name.
pub async fn find(wanted: &str, context: &Context) -> Result<FlowFile, Failure> {
    if wanted.contains('/') || wanted.ends_with(".toml") {
        return load(Path::new(wanted));
    }
    let folders = folders(context).await?;
    for folder in &folders {
        let mut named = files_of(folder).into_iter().filter(|file| file.name() == wanted);
        match (named.next(), named.next()) {
            (Some(found), None) => return Ok(found),
            // Which of them is meant, nobody knows.
            (Some(one), Some(other)) => {
                let message = format!("two flows are called {wanted:?}");
                let reason = format!("{} and {}", one.path.display(), other.path.display());
                let hint = "change the name of one of them, or name the file";
                return Err(ApiError::new(ErrorCode::Refused, message, reason, hint).into());
            }
            _ => {}
        }
    }
    let folders: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    let reason = format!("no file in {} declares it", folders.join(" or "));
    let message = format!("there is no flow {wanted:?}");
    let hint = "`ao flow ls` shows those there are";
    Err(ApiError::new(ErrorCode::NotFound, message, reason, hint).into())
}

/// A folder that is there and cannot be listed is told like a file that cannot be read.
fn files_of(folder: &Path) -> Vec<FlowFile> {
    match toml_files(folder) {
        Ok(files) => files.into_iter().map(FlowFile::in_folder).collect(),
        Err(error) => vec![FlowFile::unreadable(folder.to_owned(), &error.to_string())],
    }
}

fn load(path: &Path) -> Result<FlowFile, Failure> {
    // What a person names may also be a pipe: `ao flow check <(generate)`.
    let text = || {
        let mut text = String::new();
        File::open(path)?.take(LIMIT + 1).read_to_string(&mut text)?;
        match text.len() as u64 > LIMIT {
            true => Err(io::Error::other(format!("it is larger than {LIMIT} bytes"))),
            false => Ok(text),
        }
    };
    Ok(FlowFile::of(path.to_owned(), text().map_err(|error| refused(path, &error))?))
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let hint = "name a file that can be read, or a flow that `ao flow ls` shows";
    Failure::usage(format!("cannot read the flow {}", path.display()), error.to_string(), hint)
}

async fn folders(context: &Context) -> Result<Vec<PathBuf>, Failure> {
    let own = context.paths()?.config().join("flows");
    let of_repository = repository(context).await?.map(|top| top.join(".ao/flows"));
    Ok(of_repository.into_iter().chain([own]).collect())
}

/// The repository that is meant. Only for a project that is named, or for a session that is outside
/// its project's worktrees, the supervisor is asked.
async fn repository(context: &Context) -> Result<Option<PathBuf>, Failure> {
    let here = std::env::current_dir().ok();
    let project = match &context.global.project {
        Some(named) => Some(named.clone()),
        None => strayed(context, here.as_deref())?,
    };
    let Some(project) = project else {
        let is_top = |above: &&Path| above.join(".git").exists();
        return Ok(here.and_then(|here| here.ancestors().find(is_top).map(Path::to_owned)));
    };
    let client = context.client().await?;
    let answer: ProjectAnswer = client.get(&Target::new(&["projects", &project])).await?;
    Ok(Some(answer.project.path.into()))
}

/// The project of the session that calls, unless it is in one of the project's worktrees.
fn strayed(context: &Context, here: Option<&Path>) -> Result<Option<String>, Failure> {
    let variable = |name| context.environment.get(name).and_then(|value| value.to_str());
    let (Some(_), Some(project)) = (variable("AO_SESSION_ID"), variable("AO_PROJECT_ID")) else {
        return Ok(None);
    };
    let worktrees = context.paths()?.worktrees_dir().join(project);
    let is_inside = here.is_some_and(|here| {
        here.starts_with(std::fs::canonicalize(&worktrees).unwrap_or(worktrees))
    });
    Ok((!is_inside).then(|| project.to_owned()))
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
