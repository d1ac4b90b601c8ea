//! `ao workflow save`: the script of a run as a file that is found by its name.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::client::Target;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::project::ProjectAnswer;
use crate::wire::workflow::ScriptView;

/// Writes it; what is there already is left as it is, and no link is followed.
pub async fn save(run: &str, name: &str, home: bool, context: &Context) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        let why = format!("{name:?} is not a name of letters, digits, - and _");
        return Err(Failure::usage("cannot save the workflow", why, "choose another: --as NAME"));
    }
    let client = context.client().await?;
    let script: ScriptView = client.get(&Target::new(&["workflows", run, "script"])).await?;
    let root = match home {
        true => context.environment.get("HOME").map(PathBuf::from).unwrap_or_default(),
        false => {
            let project = context.project(&client).await?;
            let answer: ProjectAnswer = client.get(&Target::new(&["projects", &project])).await?;
            answer.project.path.into()
        }
    };
    let file = root.join(".ao/workflows").join(format!("{name}.js"));
    write(&root, &file, script.script.as_deref().unwrap_or_default()).map_err(|e| {
        let (what, hint) =
            (format!("cannot write {}", file.display()), "choose another name: --as NAME");
        match e.kind() {
            std::io::ErrorKind::AlreadyExists => {
                ApiError::new(ErrorCode::Conflict, what, "it exists already", hint).into()
            }
            _ => Failure::system(what, &e, hint),
        }
    })?;
    let view = serde_json::json!({ "file": file.display().to_string(), "name": script.name });
    context.out.result(&view, &[&script.name], || {
        context.out.line(&format!("{} holds the workflow {}", file.display(), script.name))
    })
}

fn write(root: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(root);
    std::fs::create_dir_all(folder)?;
    let real = std::fs::canonicalize(folder)?;
    if !real.starts_with(std::fs::canonicalize(root)?) {
        return Err(std::io::Error::other("its folder is a link that leads elsewhere"));
    }
    // `create_new` neither follows a link nor replaces what is there.
    let name = file.file_name().unwrap_or_default();
    let mut file = std::fs::File::create_new(real.join(name))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
