//! The environment a process was started with: how what a dead host left behind is found.

use std::collections::BTreeMap;
use std::{fs, io};

use super::{ProcessError, ProcessId, stat};

/// What [`find_by_environ`] saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironMatches {
    /// Live processes whose environment has all the pairs.
    pub found: Vec<ProcessId>,
    /// Processes of this user whose environment could not be read; they may or may not match.
    pub unreadable: Vec<ProcessId>,
}

/// The values of `keys` in the environment that exactly this process was started with. `None` if
/// the process is gone.
pub fn read_environ(
    process: ProcessId,
    keys: &[&str],
) -> Result<Option<BTreeMap<String, String>>, ProcessError> {
    let path = format!("/proc/{}/environ", process.pid);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ProcessError::Read { path, source }),
    };
    // Read before the check, so that what was read belongs to the process that is checked.
    let same = stat::read(process.pid)?.is_some_and(|stat| stat.id == process && !stat.dead);
    Ok(same.then(|| pick(&bytes, keys)))
}

/// Live processes that were started with all of `pairs` in their environment.
pub fn find_by_environ(pairs: &[(&str, &str)]) -> Result<EnvironMatches, ProcessError> {
    let keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
    let mut matches = EnvironMatches::default();
    for stat in stat::all()?.into_iter().filter(|stat| !stat.dead) {
        match read_environ(stat.id, &keys) {
            Ok(Some(values)) => {
                let has =
                    |(key, value): &(&str, &str)| values.get(*key).is_some_and(|v| v == value);
                if pairs.iter().all(has) {
                    matches.found.push(stat.id);
                }
            }
            Ok(None) => {}
            Err(_) if is_ours(stat.id.pid) => matches.unreadable.push(stat.id),
            // Another user's process cannot be one that we started.
            Err(_) => {}
        }
    }
    Ok(matches)
}

/// The values of `keys` in the environments of live processes that were started with `pair`. One
/// whose environment cannot be read is passed over: nothing is proven of it.
pub fn marked(
    pair: (&str, &str),
    keys: &[&str],
) -> Result<Vec<BTreeMap<String, String>>, ProcessError> {
    let wanted: Vec<&str> = keys.iter().copied().chain([pair.0]).collect();
    let mut found = Vec::new();
    for stat in stat::all()?.into_iter().filter(|stat| !stat.dead) {
        if let Ok(Some(values)) = read_environ(stat.id, &wanted)
            && values.get(pair.0).is_some_and(|value| value == pair.1)
        {
            found.push(values);
        }
    }
    Ok(found)
}

fn is_ours(pid: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    let uid = rustix::process::getuid().as_raw();
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|meta| meta.uid() == uid)
}

fn pick(environ: &[u8], keys: &[&str]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for pair in environ.split(|b| *b == 0) {
        let text = String::from_utf8_lossy(pair);
        if let Some((key, value)) = text.split_once('=')
            && keys.contains(&key)
        {
            // The first of several counts, as for getenv(3).
            values.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn finds_a_marked_process() {
        let mark = format!("{}-{:?}", std::process::id(), std::time::Instant::now());
        let mut child = Command::new("cat")
            .env("AO_TEST_MARK", &mark)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let it = ProcessId::observe(child.id()).unwrap();
        let found = find_by_environ(&[("AO_TEST_MARK", &mark)]).unwrap();
        assert_eq!(found.found, [it]);
        assert!(find_by_environ(&[("AO_TEST_MARK", "another")]).unwrap().found.is_empty());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(read_environ(it, &["AO_TEST_MARK"]).unwrap(), None);
    }

    #[test]
    fn the_first_of_two_counts() {
        let values = pick(b"A=1\0B=x=y\0A=2\0junk\0", &["A", "B", "junk"]);
        assert_eq!(values["A"], "1");
        assert_eq!(values["B"], "x=y");
        assert_eq!(values.len(), 2);
    }
}
