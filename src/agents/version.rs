//! Versions of agents' programs, as they print them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long a program may take to say its version; some are scripts that load a lot first.
const DEADLINE: Duration = Duration::from_secs(10);

/// The first line of what a program says of its version; nothing if it says none in time.
pub async fn ask(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE, command.output()).await.ok()?.ok()?;
    // Some say it among their errors, where nobody looks on.
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    let mut lines = said.iter().flat_map(|said| said.lines()).map(str::trim);
    lines.find(|line| !line.is_empty()).map(str::to_owned)
}

/// Whether a program's answer to `--version` names a version that is not older than `least`.
/// `None`: no version can be found in one of the two.
#[must_use]
pub fn meets(answer: &str, least: &str) -> Option<bool> {
    Some(first_version(answer)? >= first_version(least)?)
}

/// The first word that starts with two or more numbers and dots between them.
fn first_version(text: &str) -> Option<Vec<u64>> {
    text.split(|c: char| c.is_whitespace() || c == '(' || c == ',').find_map(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let numbers: Vec<u64> =
            word[..end].trim_end_matches('.').split('.').map_while(|n| n.parse().ok()).collect();
        (numbers.len() > 1).then_some(numbers)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_and_compared() {
        assert_eq!(meets("2.1.329 (Claude Code)", "2.1.0"), Some(true));
        assert_eq!(meets("codex-cli 0.9.12", "0.169.0"), Some(false));
        assert_eq!(meets("v1.10.0-beta.1", "1.9"), Some(true));
        assert_eq!(meets("hello 3", "1.0"), None);
        assert_eq!(meets("", "1.0"), None);
    }
}
