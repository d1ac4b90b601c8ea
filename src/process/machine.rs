//! What the machine has left: memory, load, file descriptors of this process. Read from /proc; what
//! cannot be read is unknown, not nothing. Asked before a session is started.

use std::fs;

/// Memory that can be had without swapping, in MiB.
#[must_use]
pub fn memory_available_mb() -> Option<u64> {
    memory(&fs::read_to_string("/proc/meminfo").ok()?)
}

/// The load of the last minute, divided by the processors that this process may use.
#[must_use]
pub fn load_per_cpu() -> Option<f64> {
    let cpus = u32::try_from(std::thread::available_parallelism().ok()?.get()).ok()?;
    Some(load(&fs::read_to_string("/proc/loadavg").ok()?)? / f64::from(cpus))
}

/// How many more files this process may open.
#[must_use]
pub fn descriptors_left() -> Option<u64> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    // Looking takes one itself, which is free again afterwards.
    let open = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    Some(limit.unwrap_or(u64::MAX).saturating_sub(open.saturating_sub(1)))
}

fn memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

fn load(loadavg: &str) -> Option<f64> {
    loadavg.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_understood() {
        let text = "MemTotal:       24683520 kB\nMemAvailable:   19804160 kB\nBuffers: 8 kB\n";
        assert_eq!(memory(text), Some(19340));
        assert_eq!(memory("MemTotal: 1 kB"), None);
        assert_eq!(load("5.69 2.32 0.91 3/812 4711\n"), Some(5.69));
        assert!(memory_available_mb().is_some_and(|mb| mb > 0));
        assert!(load_per_cpu().is_some_and(|load| load >= 0.0));
    }

    #[test]
    fn an_open_file_is_counted() {
        let files: Vec<fs::File> =
            (0..200).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        let with = descriptors_left().unwrap();
        drop(files);
        // Other tests of this process open and close files meanwhile.
        assert!(descriptors_left().unwrap() > with + 50);
    }
}
