//! Where workflows are found: the project's own, the user's, ao's. A file is read and never
//! executed to be listed; what is broken is listed with its reason.

use std::path::{Path, PathBuf};

use crate::config::read_regular_text;
use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::script::{self, MAX_SOURCE, Meta};
use crate::services::{Request, ServiceError, World, projects};
use crate::wire::workflow::{ScriptList, ScriptView};

use super::catalog::CATALOG;

/// Largest file that is looked at, in bytes.
const MAX_BYTES: u64 = 4 * MAX_SOURCE as u64;
/// Most files of one folder.
const MAX_FILES: usize = 500;

/// A script as it was found.
pub(super) struct Found {
    source: &'static str,
    pub(super) file: String,
    text: Result<String, String>,
    meta: Result<Meta, String>,
    name: String,
}

/// A script that is called by another.
pub(super) struct Child {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) body: String,
}

/// Every script that a project can run.
pub async fn list(
    world: &World,
    request: &Request,
    project: &str,
) -> Result<ScriptList, ServiceError> {
    let all = allowed(world, request, project).await?;
    let mut seen = std::collections::HashSet::new();
    let view = |found: &Found| {
        let fresh = found.meta.is_err() || seen.insert(found.name.clone());
        found.view(!fresh)
    };
    Ok(ScriptList { workflows: all.iter().map(view).collect() })
}

/// The script of that name, with its text.
pub async fn find(
    world: &World,
    request: &Request,
    project: &str,
    name: &str,
) -> Result<ScriptView, ServiceError> {
    let all = allowed(world, request, project).await?;
    let found = pick(&all, name)?;
    let mut view = found.view(false);
    view.script = found.text.as_ref().ok().cloned();
    Ok(view)
}

async fn allowed(
    world: &World,
    request: &Request,
    project: &str,
) -> Result<Vec<Found>, ServiceError> {
    let id = ProjectId::parse(project)?;
    let target = Target { project: Some(&id), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    all(world, project).await
}

/// The first of that name. `code-review` is also `review-code`.
fn pick<'a>(all: &'a [Found], name: &str) -> Result<&'a Found, ServiceError> {
    let of = |wanted: &str| all.iter().find(|found| found.name == wanted && found.meta.is_ok());
    let alias = (name == "code-review").then(|| of("review-code")).flatten();
    if let Some(found) = of(name).or(alias) {
        return Ok(found);
    }
    if let Some(Found { meta: Err(reason), .. }) = all.iter().find(|found| found.name == name) {
        return Err(ServiceError::Script(reason.clone()));
    }
    Err(ServiceError::NotFound { what: "workflow", id: name.to_owned() })
}

/// The text and place of the script `name`, for a launch.
pub(super) async fn by_name(
    world: &World,
    project: &str,
    name: &str,
) -> Result<(String, String), ServiceError> {
    let all = all(world, project).await?;
    let found = pick(&all, name)?;
    let text = found.text.clone().map_err(ServiceError::Script)?;
    Ok((text, found.file.clone()))
}

/// The script that another one calls, by name or by path; an error is class and words.
pub(super) async fn child(
    world: &World,
    project: &str,
    name: Option<String>,
    path: Option<String>,
) -> Result<Child, (&'static str, String)> {
    let plain = |error: ServiceError| ("Error", error.to_string());
    let (text, file) = match (&name, path) {
        (Some(name), _) => {
            let all = all(world, project).await.map_err(plain)?;
            let found = match pick(&all, name) {
                Err(ServiceError::NotFound { .. }) => {
                    let names = all.iter().filter(|found| found.meta.is_ok());
                    let names: Vec<&str> = names.map(|found| found.name.as_str()).collect();
                    let text = format!("no workflow {name:?}; there are: {}", names.join(", "));
                    return Err(("WorkflowNotFoundError", text));
                }
                other => other.map_err(plain)?,
            };
            (found.text.clone().map_err(|reason| ("Error", reason))?, found.file.clone())
        }
        (None, path) => {
            let root = projects::load(world, project).await.map_err(plain)?.path;
            let path = Path::new(&root).join(path.unwrap_or_default());
            let inside = std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(&root));
            if !inside {
                let text = format!("no workflow file {} in the project", path.display());
                return Err(("WorkflowNotFoundError", text));
            }
            (read(&path).map_err(|reason| ("Error", reason))?, path.display().to_string())
        }
    };
    let file = short_name(&file);
    let checked =
        script::check(&file, &text, false).map_err(|error| ("Error", error.to_string()))?;
    Ok(Child { name: checked.meta.name, file, body: checked.body })
}

/// What a script is called in errors: its file's name.
pub(super) fn short_name(file: &str) -> String {
    let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or("workflow.js");
    name.strip_prefix("builtin:").map_or_else(|| name.to_owned(), |name| format!("{name}.js"))
}

async fn all(world: &World, project: &str) -> Result<Vec<Found>, ServiceError> {
    let root = PathBuf::from(projects::load(world, project).await?.path);
    let home = world.environment.get("HOME").map(PathBuf::from);
    let config = world.paths.config().to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let mut places = vec![
            ("project", root.join(".ao/workflows")),
            ("project", root.join(".claude/workflows")),
            ("user", config.join("workflows")),
        ];
        if let Some(home) = home {
            places.push(("user", home.join(".ao/workflows")));
            places.push(("user", home.join(".claude/workflows")));
        }
        let mut found = Vec::new();
        for (source, place) in places {
            // A link may not lead out of where its place is trusted.
            let bound = if source == "project" { root.as_path() } else { place.as_path() };
            found.extend(of_folder(source, &place, bound));
        }
        for (name, text) in CATALOG {
            found.push(Found::new("builtin", format!("builtin:{name}"), Ok((*text).to_owned())));
        }
        found
    });
    Ok(looked.await.map_err(|_| crate::services::lanes::CutOff)?)
}

fn of_folder(source: &'static str, folder: &Path, bound: &Path) -> Vec<Found> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let bound = std::fs::canonicalize(bound).unwrap_or_else(|_| bound.to_owned());
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js" || ending == "mjs"))
        .take(MAX_FILES)
        .collect();
    files.sort();
    let one = |path: PathBuf| {
        let inside = std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(&bound));
        let text = if inside { read(&path) } else { Err("it leads out of its folder".to_owned()) };
        Found::new(source, path.display().to_string(), text)
    };
    files.into_iter().map(one).collect()
}

fn read(path: &Path) -> Result<String, String> {
    read_regular_text(path, MAX_BYTES).map_err(|error| error.to_string())
}

impl Found {
    fn new(source: &'static str, file: String, text: Result<String, String>) -> Self {
        let short = short_name(&file);
        let checked = text
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|text| script::check(&short, text, false).map_err(|error| error.to_string()));
        let meta = checked.map(|checked| checked.meta);
        let name = match &meta {
            Ok(meta) => meta.name.clone(),
            Err(_) => short.trim_end_matches(".js").to_owned(),
        };
        Self { source, file, text, meta, name }
    }

    fn view(&self, shadowed: bool) -> ScriptView {
        let meta = self.meta.as_ref();
        let phases = meta.map(|meta| meta.phases.iter().map(|phase| phase.title.clone()).collect());
        ScriptView {
            name: self.name.clone(),
            source: self.source.to_owned(),
            file: self.file.clone(),
            state: if meta.is_ok() { "ok" } else { "invalid" }.to_owned(),
            description: meta.map_or_else(String::clone, |meta| meta.description.clone()),
            when_to_use: meta.ok().and_then(|meta| meta.when_to_use.clone()),
            phases: phases.unwrap_or_default(),
            shadowed,
            script: None,
        }
    }
}
