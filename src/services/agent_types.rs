//! Where kinds of agents are found: the project's own, the user's, ao's. Called by workflows and
//! subagents.

use std::path::{Path, PathBuf};

use crate::config::read_text;
use crate::model::agent_type::AgentType;
use crate::services::lanes::CutOff;
use crate::services::{ServiceError, World};

/// Most files of one folder.
const MAX_FILES: usize = 500;

/// A file that was looked at: the kind that it describes, or what is wrong with it.
struct Found {
    path: PathBuf,
    read: Result<AgentType, String>,
}

/// The first of that name, in the project at `root`: of `.ao/agents`, `.claude/agents`, the same of
/// the user, ao's own.
///
/// # Errors
/// When there is none, with those that there are; when its file is broken, with the reason.
pub async fn find(world: &World, root: &Path, name: &str) -> Result<AgentType, ServiceError> {
    let (root, config) = (root.to_owned(), world.paths.config().to_owned());
    let home = world.environment.get("HOME").map(PathBuf::from);
    let looked = tokio::task::spawn_blocking(move || all(&root, &config, home.as_deref()));
    pick(looked.await.map_err(|_| CutOff)?, name).map_err(ServiceError::Usage)
}

fn pick(files: Vec<Found>, name: &str) -> Result<AgentType, String> {
    let mut known = Vec::new();
    for Found { path, read } in files {
        match read {
            Ok(found) if found.name == name => return Ok(found),
            Ok(found) => known.push(found.name),
            Err(reason) if path.file_stem().is_some_and(|stem| stem == name) => {
                return Err(format!("agentType {name:?}: {}: {reason}", path.display()));
            }
            Err(_) => {}
        }
    }
    for found in AgentType::built_in() {
        if found.name == name {
            return Ok(found);
        }
        known.push(found.name);
    }
    known.sort();
    known.dedup();
    Err(format!("unknown agentType {name:?}; known: {}", known.join(", ")))
}

fn all(root: &Path, config: &Path, home: Option<&Path>) -> Vec<Found> {
    let mut places = vec![
        (root.join(".ao/agents"), root.to_owned(), false),
        (root.join(".claude/agents"), root.to_owned(), true),
        (config.join("agents"), config.join("agents"), false),
    ];
    if let Some(home) = home {
        places.push((home.join(".ao/agents"), home.join(".ao/agents"), false));
        places.push((home.join(".claude/agents"), home.join(".claude/agents"), true));
    }
    // A link may not lead out of where its place is trusted.
    let folder = |(folder, bound, is_claudes)| of_folder(folder, bound, is_claudes);
    places.into_iter().flat_map(folder).collect()
}

fn of_folder(folder: PathBuf, bound: PathBuf, is_claudes: bool) -> Vec<Found> {
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let bound = std::fs::canonicalize(&bound).unwrap_or(bound);
    let paths = entries.flatten().map(|entry| entry.path());
    let is_text = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let mut paths: Vec<PathBuf> = paths.filter(is_text).take(MAX_FILES).collect();
    paths.sort();
    let one = |path: PathBuf| {
        let inside = std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(&bound));
        let text = match inside {
            true => read_text(&path).map_err(|error| error.to_string()),
            false => Err("it leads out of its folder".to_owned()),
        };
        let read = text.and_then(|text| AgentType::parse(&text.unwrap_or_default(), is_claudes));
        Found { path, read }
    };
    paths.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(place: &Path, file: &str, text: &str) {
        std::fs::create_dir_all(place).unwrap();
        std::fs::write(place.join(file), text).unwrap();
    }

    #[test]
    fn the_nearest_comes_first_and_what_is_broken_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let [root, config, home] = ["root", "config", "home"].map(|name| dir.path().join(name));
        let look = |name: &str| pick(all(&root, &config, Some(&home)), name);
        write(&home.join(".claude/agents"), "x.md", "---\nname: judge\n---\nof the user");
        assert!(look("judge").unwrap().is_claudes);
        write(&root.join(".claude/agents"), "y.md", "---\nname: judge\n---\nof the project");
        assert_eq!(look("judge").unwrap().role, "of the project");
        write(&root.join(".ao/agents"), "z.md", "---\nname: judge\n---\nof ao");
        assert_eq!(look("judge").unwrap().role, "of ao");
        write(&root.join(".ao/agents"), "bad.md", "no fields");
        assert!(look("bad").unwrap_err().contains("---"));
        std::fs::write(dir.path().join("out.md"), "---\nname: out\n---\n").unwrap();
        std::os::unix::fs::symlink(dir.path().join("out.md"), root.join(".ao/agents/out.md"))
            .unwrap();
        assert!(look("out").unwrap_err().contains("leads out"));
        let unknown = look("nobody").unwrap_err();
        assert!(unknown.ends_with("known: Explore, Plan, general-purpose, judge"), "{unknown}");
    }
}
