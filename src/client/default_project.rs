//! Which project a command means when nobody says: the session's, else the current folder's.

use std::path::{Path, PathBuf};

use super::{Client, ClientError, Target};
use crate::config::Environment;
use crate::wire::project::{ProjectList, ProjectView};
use crate::wire::session::SessionDetail;

/// The project that is `named`, else the session's, else the current folder's, else none.
///
/// # Errors
/// When the supervisor has to be asked and does not answer.
pub async fn default_project(
    client: &Client,
    environment: &Environment,
    named: Option<&str>,
) -> Result<Option<String>, ClientError> {
    if let Some(project) = named {
        return Ok(Some(project.to_owned()));
    }
    if let Some(session) = &client.address().session {
        if let Some(project) = environment.get("AO_PROJECT_ID").and_then(|p| p.to_str()) {
            return Ok(Some(project.to_owned()));
        }
        let detail: SessionDetail = client.get(&Target::new(&["sessions", session])).await?;
        return Ok(Some(detail.session.project));
    }
    let Some(folder) = current_folder() else { return Ok(None) };
    let list: ProjectList = client.get(&Target::new(&["projects"])).await?;
    let worktrees = client.address().paths.worktrees_dir();
    Ok(of_folder(&folder, &list.projects, &real(&worktrees)))
}

/// The current folder without symbolic links, as the supervisor knows its repositories.
fn current_folder() -> Option<PathBuf> {
    std::env::current_dir().ok().map(|folder| real(&folder))
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The project whose repository is nearest above `folder`; a session's worktree belongs to its
/// project.
fn of_folder(folder: &Path, projects: &[ProjectView], worktrees: &Path) -> Option<String> {
    if let Ok(below) = folder.strip_prefix(worktrees) {
        let name = below.components().next()?.as_os_str().to_str()?;
        return projects.iter().find(|p| p.id == name).map(|p| p.id.clone());
    }
    projects
        .iter()
        .filter(|project| folder.starts_with(&project.path))
        .max_by_key(|project| project.path.len())
        .map(|project| project.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, path: &str) -> ProjectView {
        ProjectView {
            id: id.into(),
            prefix: id.into(),
            path: path.into(),
            default_branch: "main".into(),
            restore: false,
            agent: None,
            open_network: false,
            permits: false,
            orchestrator: None,
            live_sessions: 0,
            created_at: String::new(),
        }
    }

    #[test]
    fn the_nearest_repository_counts() {
        let projects = [project("a", "/r/a"), project("inner", "/r/a/vendor/inner")];
        let found =
            |folder: &str| of_folder(Path::new(folder), &projects, Path::new("/d/worktrees"));
        assert_eq!(found("/r/a").as_deref(), Some("a"));
        assert_eq!(found("/r/a/src").as_deref(), Some("a"));
        assert_eq!(found("/r/a/vendor/inner/x").as_deref(), Some("inner"));
        assert_eq!(found("/r/ab"), None);
        assert_eq!(found("/d/worktrees/a/a-1/src").as_deref(), Some("a"));
        assert_eq!(found("/d/worktrees"), None);
        assert_eq!(found("/d/worktrees/gone/x"), None);
    }
}
