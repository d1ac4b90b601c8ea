//! The file of a flow that is asked for by its name.

use std::path::{Path, PathBuf};

use crate::config::{read_text, toml_files};
use crate::model::flow::read;
use crate::services::{ServiceError, World, lanes};
use crate::store::projects::Project;

/// The file and its text: the first in the repository's `.ao/flows`, then in the configuration
/// directory's `flows`, that declares this name. A file with faults goes by its own name,
/// so that whoever starts it is told of them.
pub(super) async fn find(
    world: &World,
    project: &Project,
    name: &str,
) -> Result<(PathBuf, String), ServiceError> {
    let folders = [Path::new(&project.path).join(".ao/flows"), world.paths.config().join("flows")];
    let wanted = name.to_owned();
    let search = move || {
        let found = folders.iter().map(|folder| find_in(folder, &wanted));
        found.into_iter().find_map(Result::transpose).transpose()
    };
    let found = tokio::task::spawn_blocking(search).await.map_err(|_| lanes::CutOff)??;
    found.ok_or_else(|| ServiceError::NotFound { what: "flow", id: name.to_owned() })
}

fn find_in(folder: &Path, name: &str) -> Result<Option<(PathBuf, String)>, ServiceError> {
    let files = toml_files(folder).unwrap_or_default();
    let mut named = files.into_iter().filter_map(|path| {
        let text = read_text(&path).ok().flatten()?;
        let is_it = match read(&text) {
            Ok(flow) => flow.name == name,
            Err(_) => path.file_stem().is_some_and(|stem| stem == name),
        };
        is_it.then_some((path, text))
    });
    let found = named.next();
    match (&found, named.next()) {
        // Which of them is meant, nobody knows.
        (Some((one, _)), Some((other, _))) => {
            let both = format!("{} and {}", one.display(), other.display());
            Err(ServiceError::Flow(format!("two flows are called {name:?}: {both}")))
        }
        _ => Ok(found),
    }
}
