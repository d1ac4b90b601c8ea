//! The file of a flow that is asked for by its name.

use std::path::{Path, PathBuf};

use crate::config::read_text;
use crate::model::flow::read;
use crate::services::{ServiceError, World, lanes};
use crate::store::projects::Project;

/// The file and its text: the first in the repository's `.ao/flows`, then in the configuration
/// directory's `flows`, that declares this name. Files that cannot be read declare none.
pub(super) async fn find(
    world: &World,
    project: &Project,
    name: &str,
) -> Result<(PathBuf, String), ServiceError> {
    let folders = [Path::new(&project.path).join(".ao/flows"), world.paths.config().join("flows")];
    let wanted = name.to_owned();
    let search = move || folders.iter().find_map(|folder| find_in(folder, &wanted));
    let found = tokio::task::spawn_blocking(search).await.map_err(|_| lanes::CutOff)?;
    found.ok_or_else(|| ServiceError::NotFound { what: "flow", id: name.to_owned() })
}

fn find_in(folder: &Path, name: &str) -> Option<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files.into_iter().find_map(|path| {
        let text = read_text(&path).ok().flatten()?;
        read(&text).is_ok_and(|flow| flow.name == name).then_some((path, text))
    })
}
