//! The environment an agent is started in: the caller's, without what belongs to another session,
//! with what tells this one who it is.

use std::collections::BTreeMap;

use crate::host::Launch;
use crate::process;
use crate::services::World;
use crate::store::sessions::Session;

/// Where the caller comes from: what its agent should see of the world.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The caller's PATH.
    pub path: Option<String>,
    /// The caller's other variables.
    pub env: BTreeMap<String, String>,
}

/// Variables that describe the caller's terminal, not the session's.
const TERMINAL: &[&str] =
    &["TERM", "COLORTERM", "LINES", "COLUMNS", "TERM_PROGRAM", "TMUX", "TMUX_PANE", "STY"];

impl Surroundings {
    /// PATH, where programs are looked up.
    #[must_use]
    pub fn path<'a>(&'a self, world: &'a World) -> &'a str {
        self.path
            .as_deref()
            .or_else(|| self.env.get("PATH").map(String::as_str))
            .or_else(|| world.environment.get("PATH").map(String::as_str))
            .unwrap_or("/usr/local/bin:/usr/bin:/bin")
    }

    /// These, or where the caller sent none those of the session's last launch.
    #[must_use]
    pub fn or_last_launch(self, world: &World, session: &Session) -> Self {
        if !self.env.is_empty() || session.generation.0 == 0 {
            return self;
        }
        let file = launch_file(world, session, session.generation);
        match Launch::read(&file) {
            Ok(launch) => Self { path: self.path, env: without_session(launch.env) },
            Err(_) => self,
        }
    }

    /// The variables for `session`, whose token is `token`.
    #[must_use]
    pub fn for_session(
        &self,
        world: &World,
        session: &Session,
        token: &str,
    ) -> BTreeMap<String, String> {
        let from = if self.env.is_empty() { &world.environment } else { &self.env };
        let mut env = without_session(from.clone());
        let bin = world.bin_dir();
        env.insert("PATH".to_owned(), format!("{}:{}", bin.display(), self.path(world)));
        let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
        set("AO_SESSION_ID", session.id.to_string());
        set("AO_PROJECT_ID", session.project.to_string());
        set("AO_ROLE", session.kind.to_string());
        set("AO_GENERATION", session.generation.to_string());
        set("AO_DATA_DIR", world.paths.data().display().to_string());
        set("AO_CONFIG_DIR", world.paths.config().display().to_string());
        set("AO_SOCKET", world.paths.socket().display().to_string());
        set("AO_SESSION_TOKEN", token.to_owned());
        if let Some(issue) = &session.issue {
            set("AO_ISSUE_ID", issue.clone());
        }
        if let Some(task) = &session.one_shot {
            let capabilities = task.capabilities.as_ref().map(|all| all.join(","));
            let asked = [
                ("AO_MODEL", task.model.clone()),
                ("AO_EFFORT", task.effort.clone()),
                ("AO_CAPABILITIES", capabilities),
            ];
            asked.into_iter().for_each(|(name, value)| {
                if let Some(value) = value {
                    set(name, value);
                }
            });
        }
        env
    }
}

/// Without the variables of a session, an agent, a multiplexer, a terminal or ao itself.
pub(in crate::services) fn without_session(
    env: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut env = env;
    process::scrub(&mut env);
    env.retain(|name, _| {
        !name.starts_with("AO_") && !name.starts_with("GIT_") && !TERMINAL.contains(&name.as_str())
    });
    if let Some(path) = env.get_mut("PATH") {
        let kept: Vec<&str> = path.split(':').filter(|dir| !dir.ends_with("/run/bin")).collect();
        *path = kept.join(":");
    }
    env
}

/// Where the launch file of a generation lies.
#[must_use]
pub fn launch_file(
    world: &World,
    session: &Session,
    generation: crate::model::ids::Generation,
) -> std::path::PathBuf {
    world.paths.generation_dir(&session.id, generation).join("launch.json")
}
