//! The environment a process was started with: how what a dead host left behind is found.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{fs, io};

use super::stat::{self, Stat};
use super::{ProcessError, ProcessId};

/// How often, and how far apart, a process is looked at that becomes another program meanwhile: a
/// hundredth of the looks is enough for an execve(2).
const LOOKS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(1);

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
///
/// In the midst of an execve(2) the kernel shows no environment, or the first part of the one that
/// is going: what was read counts only if it is as long as the kernel says, before and after.
pub fn read_environ(
    process: ProcessId,
    keys: &[&str],
) -> Result<Option<BTreeMap<String, String>>, ProcessError> {
    let path = format!("/proc/{}/environ", process.pid);
    for _ in 0..LOOKS {
        let Some(before) = living(process)? else { return Ok(None) };
        if before.kernel {
            return Ok(Some(BTreeMap::new()));
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            // It is about to end, and has given its memory back.
            Err(e) if stat::is_no_process(&e) => Vec::new(),
            Err(source) => return Err(ProcessError::Read { path, source }),
        };
        let Some(after) = living(process)? else { return Ok(None) };
        let whole = |(begin, end): (u64, u64)| end.checked_sub(begin) == Some(bytes.len() as u64);
        if before.environ == after.environ && after.environ.is_some_and(whole) {
            return Ok(Some(pick(&bytes, keys)));
        }
        std::thread::sleep(BETWEEN);
    }
    Err(ProcessError::Unsettled { path })
}

fn living(process: ProcessId) -> Result<Option<Stat>, ProcessError> {
    Ok(stat::read(process.pid)?.filter(|stat| stat.id == process && !stat.dead))
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
    fn one_that_becomes_another_program_is_found_at_any_moment() {
        let again = "n=$1; [ $n -gt 0 ] && exec /bin/sh -c \"$0\" \"$0\" $((n - 1)); :";
        let mut child = Command::new("/bin/sh")
            .args(["-c", again, again, "1000"])
            .env("AO_TEST_MARK", "becoming")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let it = ProcessId::observe(child.id()).unwrap();
        let mut looks = 0;
        let is_marked = |values: &BTreeMap<String, String>| {
            values.get("AO_TEST_MARK").is_some_and(|mark| mark == "becoming")
        };
        while let Some(values) = read_environ(it, &["AO_TEST_MARK"]).unwrap() {
            assert!(is_marked(&values), "after {looks} looks: {values:?}");
            looks += 1;
        }
        child.wait().unwrap();
        assert!(looks > 20, "only {looks} looks");
    }

    #[test]
    fn the_first_of_two_counts() {
        let values = pick(b"A=1\0B=x=y\0A=2\0junk\0", &["A", "B", "junk"]);
        assert_eq!(values["A"], "1");
        assert_eq!(values["B"], "x=y");
        assert_eq!(values.len(), 2);
    }
}
