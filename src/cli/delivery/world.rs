//! A throw-away world: a home, a data directory, a repository, and the model on loopback. Ended and
//! removed in any case.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::model::Model;
use crate::agents::Manifest;
use crate::config::{Environment, create_private_dir, write_private};
use crate::process;

/// How long a call of `ao` or git may take that waits for nothing.
const SOON: Duration = Duration::from_secs(30);
/// How long what is left may take after SIGTERM, and after SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// Variables of the person's that the agents' world has, too.
const KEPT: &[&str] = &["PATH", "LANG", "LC_ALL", "TERM", "USER", "LOGNAME", "SHELL", "TMPDIR"];

/// The world of one agent.
pub struct World {
    root: PathBuf,
    environment: Vec<(OsString, OsString)>,
    ao: PathBuf,
    /// What the agent asks.
    pub model: Model,
    /// Whether it can be told to ask before each command.
    pub asks: bool,
}

impl World {
    /// Makes one below `parent` for the agent of this manifest.
    ///
    /// # Errors
    /// In words, when something of it cannot be made.
    pub async fn make(
        parent: &Path,
        person: &Environment,
        manifest: &Manifest,
    ) -> Result<Self, String> {
        let cannot = |error: io::Error| format!("the throw-away world cannot be made: {error}");
        let root = directory(parent).map_err(cannot)?;
        let model = Model::start().await.map_err(cannot)?;
        let ao = std::env::current_exe().map_err(cannot)?;
        let environment = environment(person, manifest, &root, &model.url());
        let asks = manifest.permissions.contains_key("ask");
        let world = Self { root, environment, ao, model, asks };
        match world.furnish(manifest).await {
            Ok(()) => Ok(world),
            Err(why) => {
                world.end().await?;
                Err(why)
            }
        }
    }

    async fn furnish(&self, manifest: &Manifest) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let repository = self.root.join("shop");
        for folder in ["home", "config", "shop"] {
            create_private_dir(&self.root.join(folder)).map_err(|e| text(&e))?;
        }
        let config = format!("agent = \"{}\"\nzellij = \"off\"\n", manifest.name);
        write_private(&self.root.join("config/config.toml"), config.as_bytes())
            .map_err(|e| text(&e))?;
        for (name, content) in &manifest.loopback.files {
            let file = self.root.join("home").join(name);
            create_private_dir(file.parent().unwrap_or(&self.root)).map_err(|e| text(&e))?;
            let place = self.root.display().to_string();
            let content = content.replace("{url}", &self.model.url()).replace("{world}", &place);
            write_private(&file, content.as_bytes()).map_err(|e| text(&e))?;
        }
        let identity = ["-c", "user.name=ao", "-c", "user.email=ao@localhost"];
        self.run("git", &["init", "--quiet", "--initial-branch=main"], &repository, SOON).await?;
        let commit = ["commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "Begin"];
        let arguments: Vec<&str> = identity.into_iter().chain(commit).collect();
        self.run("git", &arguments, &repository, SOON).await?;
        self.ao(&["start", "--no-orchestrator"], SOON).await.map(drop)
    }

    /// The answer of `ao --json …` in this world.
    ///
    /// # Errors
    /// In ao's own words, or that it took too long.
    pub async fn ao(&self, arguments: &[&str], within: Duration) -> Result<Value, String> {
        let all: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        let program = self.ao.display().to_string();
        let said = self.run(&program, &all, &self.root.join("shop"), within).await?;
        serde_json::from_str(&said).map_err(|_| format!("ao {} said: {said}", arguments.join(" ")))
    }

    /// Whether the file is in the worktree of the session.
    pub async fn has_file(&self, session: &str, name: &str) -> bool {
        let Ok(shown) = self.ao(&["show", session], SOON).await else { return false };
        let worktree = shown["session"]["worktree"].as_str().map(PathBuf::from);
        worktree.is_some_and(|worktree| worktree.join(name).exists())
    }

    async fn run(
        &self,
        program: &str,
        arguments: &[&str],
        directory: &Path,
        within: Duration,
    ) -> Result<String, String> {
        let run = Command::new(program)
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let what = arguments.join(" ");
        let output = match tokio::time::timeout(within, run).await {
            Ok(output) => output.map_err(|error| format!("{program} {what}: {error}"))?,
            Err(_) => return Err(format!("{what}: it took over {} s", within.as_secs())),
        };
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() {
            return Ok(said);
        }
        let reason = serde_json::from_str::<Value>(&said).ok();
        let reason = reason.and_then(|error| error["error"]["reason"].as_str().map(str::to_owned));
        let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("{what}: {}", reason.unwrap_or_else(said)))
    }

    /// Ends everything in it and removes it.
    ///
    /// # Errors
    /// When something is left, with where it lies.
    pub async fn end(self) -> Result<(), String> {
        // Whatever it says, the processes themselves are looked for.
        let _ = self.ao(&["stop", "--sessions"], SOON).await;
        let data = self.root.join("data").display().to_string();
        let find = || {
            let found = process::find_by_environ(&[("AO_DATA_DIR", &data)])?.found;
            Ok::<_, process::ProcessError>(found)
        };
        let left = |why: &dyn std::fmt::Display| format!("{why}; {} is left", self.root.display());
        let ended = process::end(find, GRACE, GRACE).await.map_err(|error| left(&error))?;
        if !ended.left.is_empty() {
            return Err(left(&"processes do not end"));
        }
        std::fs::remove_dir_all(&self.root).map_err(|error| left(&error))
    }
}

/// A new directory that nobody else can look into.
fn directory(parent: &Path) -> io::Result<PathBuf> {
    create_private_dir(parent).map_err(io::Error::other)?;
    // Without symbolic links, as the supervisor will know it.
    let parent = parent.canonicalize()?;
    loop {
        let mut bytes = [0_u8; 4];
        getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
        let path = parent.join(format!("check-{:08x}", u32::from_be_bytes(bytes)));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
}

/// Nothing of the person's but what every program needs: no key of theirs is used, no setting read.
fn environment(
    person: &Environment,
    manifest: &Manifest,
    root: &Path,
    url: &str,
) -> Vec<(OsString, OsString)> {
    let kept = KEPT.iter().filter_map(|name| Some(((*name).into(), person.get(name)?.to_owned())));
    let own = [("HOME", "home"), ("AO_DATA_DIR", "data"), ("AO_CONFIG_DIR", "config")];
    let own = own.map(|(name, folder)| (name.into(), root.join(folder).into_os_string()));
    let agents = manifest.loopback.env.iter();
    let agents = agents.map(|(name, text)| (name.into(), text.replace("{url}", url).into()));
    kept.chain(own).chain(agents).collect()
}
