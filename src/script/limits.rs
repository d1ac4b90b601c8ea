//! What the kernel holds a workflow's process to. Set before a word of a script is read.

use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};
use rustix::time::{ClockId, clock_gettime};

/// Processor seconds beyond the slice, before the kernel ends a native loop.
const MARGIN_S: u64 = 3;

/// No core files, few descriptors, bounded memory, no new rights, and the end with its parent.
pub(super) fn confine(memory: u64) -> std::io::Result<()> {
    let most = |n| Rlimit { current: Some(n), maximum: Some(n) };
    setrlimit(Resource::Core, most(0))?;
    setrlimit(Resource::Nofile, most(16))?;
    setrlimit(Resource::As, most(memory))?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Ends the process with SIGXCPU when the coming slice takes far more processor time than it may:
/// for the loops of the engine's own functions, which no interrupt reaches.
pub(super) fn allow_slice(slice_ms: u64) {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
    let limit = used + slice_ms.div_ceil(1000) + MARGIN_S;
    let maximum = getrlimit(Resource::Cpu).maximum;
    // Without it the supervisor's watch ends the process, a little later.
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(limit), maximum });
}

/// The most memory that this process has held at a time, in bytes.
pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}
