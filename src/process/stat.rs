//! /proc/PID/stat, the one file that the other questions are answered from.

use std::fs::{self, File};
use std::io::{self, Read};

use super::{ProcessError, ProcessId};

/// More than 52 numbers and a name have. The kernel gives all of it to one read, and each read of it
/// is counted together anew.
const LONGEST: usize = 2048;

/// `PF_KTHREAD` of the kernel's sched.h, in field 9.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// The fields that are used, of the 52 that proc_pid_stat(5) describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub id: ProcessId,
    /// The kernel's short name of the process, 15 bytes at most.
    pub name: String,
    pub parent: u32,
    /// Dead, perhaps not yet reaped. A leader that has ended while its threads run is not dead.
    pub dead: bool,
    /// Stopped by a signal or by a debugger: it does nothing until somebody lets it go on.
    pub stopped: bool,
    /// A thread of the kernel: it has no memory of its own, and so no environment.
    pub kernel: bool,
    /// Where its environment begins and ends in its memory. `None` while it has no memory that
    /// could be asked, as in the midst of an execve(2), and where the asker may not read it.
    pub environ: Option<(u64, u64)>,
}

/// Reads one process: `None` if there is no such pid.
pub(super) fn read(pid: u32) -> Result<Option<Stat>, ProcessError> {
    let path = format!("/proc/{pid}/stat");
    let mut buffer = [0; LONGEST];
    let text = match File::open(&path).and_then(|mut file| file.read(&mut buffer)) {
        Ok(count) => String::from_utf8_lossy(&buffer[..count]),
        // ESRCH comes when the process ends between open and read.
        Err(e) if e.kind() == io::ErrorKind::NotFound || is_no_process(&e) => return Ok(None),
        Err(source) => return Err(ProcessError::Read { path, source }),
    };
    parse(pid, &text).map(Some).ok_or(ProcessError::Form { path })
}

/// All processes that can be seen now. One that ends meanwhile is left out.
pub(super) fn all() -> Result<Vec<Stat>, ProcessError> {
    let failed = |source| ProcessError::Read { path: "/proc".to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        if let Some(stat) = read(pid)? {
            found.push(stat);
        }
    }
    Ok(found)
}

pub(super) fn is_no_process(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

fn parse(pid: u32, text: &str) -> Option<Stat> {
    // The name is in parentheses and may itself hold any character, also `) `: the last one counts.
    let (open, close) = (text.find('(')?, text.rfind(')')?);
    let name = text.get(open + 1..close)?.to_owned();
    let rest: Vec<&str> = text.get(close + 1..)?.split_ascii_whitespace().collect();
    // `rest[0]` is field 3.
    let field = |number: usize| rest.get(number - 3);
    let number = |at: usize| field(at).and_then(|text| text.parse::<u64>().ok());
    let threads: i64 = field(20)?.parse().ok()?;
    let dead = matches!(*field(3)?, "Z" | "X" | "x") && threads <= 1;
    Some(Stat {
        id: ProcessId { pid, start_time: field(22)?.parse().ok()? },
        name,
        parent: field(4)?.parse().ok()?,
        dead,
        stopped: matches!(*field(3)?, "T" | "t"),
        kernel: number(9)? & KERNEL_THREAD != 0,
        environ: number(50).zip(number(51)).filter(|(_, end)| *end != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, state: &str, threads: u32) -> String {
        format!("7 ({name}) {state} 3 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 {threads} 0 4242 9 9 9")
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = parse(7, &line("a) Z 1 (b", "S", 1)).unwrap();
        assert_eq!((stat.name.as_str(), stat.parent, stat.dead), ("a) Z 1 (b", 3, false));
        assert_eq!(stat.id, ProcessId { pid: 7, start_time: 4242 });
    }

    #[test]
    fn a_stopped_one_is_neither_dead_nor_at_work() {
        let stopped = parse(7, &line("a", "T", 1)).unwrap();
        assert_eq!((stopped.stopped, stopped.dead), (true, false));
        assert!(!parse(7, &line("T", "S", 1)).unwrap().stopped);
    }

    #[test]
    fn what_a_process_without_an_environment_is() {
        let short = parse(7, &line("a", "S", 1)).unwrap();
        assert_eq!((short.kernel, short.environ), (false, None));
        let filled = |begin: u64, end: u64| {
            format!("{} {begin} {end} 0", {
                let so_far = line("a", "S", 1);
                let zeros = " 0".repeat(49 - so_far.split_ascii_whitespace().count());
                so_far + &zeros
            })
        };
        assert_eq!(parse(7, &filled(40, 60)).unwrap().environ, Some((40, 60)));
        assert_eq!(parse(7, &filled(0, 0)).unwrap().environ, None);
        let kernel = filled(0, 0).replace("4194304", "2129984");
        assert!(parse(7, &kernel).unwrap().kernel);
    }

    #[test]
    fn a_zombie_is_dead_unless_threads_of_it_run() {
        assert!(parse(7, &line("a", "Z", 1)).unwrap().dead);
        assert!(!parse(7, &line("a", "Z", 2)).unwrap().dead);
    }

    #[test]
    fn a_short_line_is_refused() {
        assert_eq!(parse(7, "7 (a) S 3"), None);
        assert_eq!(parse(7, ""), None);
    }
}
