//! Where flows are: `.ao/flows/*.toml` of the repository, and `flows/*.toml` of the configuration
//! directory. A name means the repository's first.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Failure;
use crate::config::{Paths, toml_files};
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
            files.push(load(&path)?);
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
    let refused = |reason: String| {
        let hint = "name a file that can be read, or a flow that `ao flow ls` shows";
        Failure::usage(format!("cannot read the flow {}", path.display()), reason, hint)
    };
    let size = fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if size > LIMIT {
        return Err(refused(format!("it has {size} bytes, {LIMIT} are allowed")));
    }
    let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    Ok(FlowFile { path: path.to_owned(), flow: read(&text), text })
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
