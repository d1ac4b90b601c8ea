//! Where flows are: `.ao/flows/*.toml` of the repository, and `flows/*.toml` of the configuration
//! directory. A name means the repository's first.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::Failure;
use crate::config::{Paths, read_regular_text, toml_files};
use crate::model::flow::{Fault, Flow, read};
use crate::wire::error::{ApiError, ErrorCode};

/// Largest file in bytes.
const LIMIT: u64 = 1024 * 1024;

/// A file with a flow, or with faults.
#[derive(Debug)]
pub struct FlowFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text, whole.
    pub text: String,
    /// What is in it.
    pub flow: Result<Flow, Vec<Fault>>,
}

impl FlowFile {
    fn of(path: PathBuf, text: String) -> Self {
        Self { path, flow: read(&text), text }
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
pub fn all(paths: &Paths) -> Result<Vec<FlowFile>, Failure> {
    let mut files = Vec::new();
    for folder in folders(paths) {
        for path in toml_files(&folder).unwrap_or_default() {
            let text = read_regular_text(&path, LIMIT).map_err(|error| refused(&path, &error))?;
            files.push(FlowFile::of(path, text));
        }
    }
    Ok(files)
}

/// The flow that a person means: a file's path, or a flow's name.
pub fn find(wanted: &str, paths: &Paths) -> Result<FlowFile, Failure> {
    if wanted.contains('/') || wanted.ends_with(".toml") {
        return load(Path::new(wanted));
    }
    let found = all(paths)?.into_iter().find(|file| file.name() == wanted);
    found.ok_or_else(|| {
        let folders: Vec<String> = folders(paths).iter().map(|f| f.display().to_string()).collect();
        let reason = format!("no file in {} declares it", folders.join(" or "));
        let message = format!("there is no flow {wanted:?}");
        ApiError::new(ErrorCode::NotFound, message, reason, "`ao flow ls` shows those there are")
            .into()
    })
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

fn folders(paths: &Paths) -> Vec<PathBuf> {
    let of_repository = std::env::current_dir().ok().and_then(|folder| {
        folder
            .ancestors()
            .find(|above| above.join(".git").exists())
            .map(|top| top.join(".ao/flows"))
    });
    of_repository.into_iter().chain([paths.config().join("flows")]).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
