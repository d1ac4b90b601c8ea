//! Who started whom. A parent is believed only if it started no later than its child: otherwise
//! the pid was used again in between.

use std::collections::{HashMap, HashSet};

use super::{ProcessError, ProcessId, stat};

/// The processes above `process`, nearest first, up to and without pid 0. An error means that the
/// row is not known to its end, and nothing may be concluded from who is missing in it.
pub fn ancestors(process: ProcessId) -> Result<Vec<ProcessId>, ProcessError> {
    Ok(lineage(process)?.into_iter().skip(1).map(|(id, _)| id).collect())
}

/// The same from `process` itself on, each with the kernel's short name of it: see [`name`].
pub fn lineage(process: ProcessId) -> Result<Vec<(ProcessId, String)>, ProcessError> {
    let vanished = |pid| ProcessError::Vanished { pid };
    let mut below = stat::read(process.pid)?.ok_or(vanished(process.pid))?;
    if below.id != process {
        return Err(vanished(process.pid));
    }
    let mut row = vec![(below.id, below.name.clone())];
    while below.parent != 0 {
        let above = stat::read(below.parent)?;
        // Whoever has the pid of a parent that has ended since started later than the child. Only
        // within one tick of the clock that cannot be told, and the child is asked again.
        let above = match above {
            Some(above) if above.id.start_time < below.id.start_time => above,
            unsure => {
                let again = stat::read(below.id.pid)?.ok_or(vanished(below.id.pid))?;
                if again.id != below.id {
                    return Err(vanished(below.id.pid));
                }
                if again.parent != below.parent {
                    below = again;
                    continue;
                }
                let same_tick = unsure.filter(|it| it.id.start_time == below.id.start_time);
                same_tick.ok_or(vanished(below.parent))?
            }
        };
        row.push((above.id, above.name.clone()));
        below = above;
    }
    Ok(row)
}

/// Every live process below `pid`, in no particular order, without `pid` itself. Zombies are not
/// listed, but what hangs below one is.
pub fn descendants(pid: u32) -> Result<Vec<ProcessId>, ProcessError> {
    let mut children: HashMap<u32, Vec<stat::Stat>> = HashMap::new();
    for stat in stat::all()? {
        children.entry(stat.parent).or_default().push(stat);
    }
    let (mut found, mut seen, mut next) = (Vec::new(), HashSet::from([pid]), vec![pid]);
    while let Some(parent) = next.pop() {
        for stat in children.remove(&parent).unwrap_or_default() {
            if seen.insert(stat.id.pid) {
                next.push(stat.id.pid);
                if !stat.dead {
                    found.push(stat.id);
                }
            }
        }
    }
    Ok(found)
}

/// The kernel's short name of a live process (15 bytes at most), which only the process itself
/// can set. `None` if exactly this process is not there.
pub fn name(process: ProcessId) -> Result<Option<String>, ProcessError> {
    let stat = stat::read(process.pid)?;
    Ok(stat.filter(|stat| stat.id == process).map(|stat| stat.name))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_is_below_its_parent() {
        let mut child =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let me = ProcessId::current().unwrap();
        let it = ProcessId::observe(child.id()).unwrap();
        assert_eq!(ancestors(it).unwrap()[0], me);
        assert!(descendants(me.pid).unwrap().contains(&it));
        assert!(!descendants(it.pid).unwrap().contains(&me));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(ancestors(it).is_err());
        assert!(!descendants(me.pid).unwrap().contains(&it));
    }
}
