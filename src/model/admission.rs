//! Whether there is room for one more session: the law of the limits on live sessions, of what the
//! machine must have left, and of what an orchestrator may start. Asked by `services/sessions`
//! before a worker is spawned, started from the queue, or restored; never for an orchestrator, so
//! that no number of workers keeps a project from its orchestrator.

use serde::{Deserialize, Serialize};

/// How much there may be. A limit of 0 is no limit, except for `project` and `machine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Live sessions of the project, its orchestrator included.
    pub project: u32,
    /// Live sessions of all projects.
    pub machine: u32,
    /// Live workers that one orchestrator has started.
    pub spawner: u32,
    /// How deep sessions may start sessions: an orchestrator's workers are at depth 1.
    pub depth: u32,
    /// Memory that must be available, in MiB.
    pub memory_mb: u64,
    /// Load of the last minute, per processor.
    pub load_per_cpu: u32,
    /// Sessions that may wait for room.
    pub waiting: u32,
}

/// What there is. What could not be found out is `None` and stops nobody.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Room {
    /// Live sessions of the project.
    pub project: u32,
    /// Live sessions of all projects.
    pub machine: u32,
    /// The one who asks, where it is a session.
    pub spawner: Option<Spawner>,
    /// Sessions that asked before and wait for the same room.
    pub ahead: u32,
    /// The machine.
    pub machine_has: Machine,
}

/// A session that starts sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spawner {
    /// Its live workers.
    pub live: u32,
    /// The depth that the new session would have.
    pub depth: u32,
}

/// What the machine has left.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Machine {
    /// Memory that is available, in MiB.
    pub memory_mb: Option<u64>,
    /// Load of the last minute, per processor.
    pub load_per_cpu: Option<f64>,
    /// File descriptors that the supervisor may still open.
    pub descriptors: Option<u64>,
}

/// File descriptors that the supervisor keeps for requests, git and the database. A live session
/// takes two for its host's connections; its start needs some more for a moment.
const DESCRIPTORS_KEPT: u64 = 24;

/// Why there is no room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "full", rename_all = "snake_case")]
pub enum Full {
    /// Sessions may not start sessions at this depth.
    #[error("sessions may start sessions to a depth of {limit}, this one would be at {depth}")]
    Depth {
        /// The depth it would have.
        depth: u32,
        /// The limit.
        limit: u32,
    },
    /// The orchestrator has as many workers as it may start.
    #[error("live workers that it has started: {live}; its limit is {limit}")]
    Spawner {
        /// Its live workers.
        live: u32,
        /// The limit.
        limit: u32,
    },
    /// The project has as many as it may have.
    #[error("live sessions of the project: {live}; its limit is {limit}")]
    Project {
        /// Its live sessions.
        live: u32,
        /// The limit.
        limit: u32,
    },
    /// All projects together have as many as they may have.
    #[error("live sessions of all projects: {live}; the limit is {limit}")]
    Machine {
        /// All live sessions.
        live: u32,
        /// The limit.
        limit: u32,
    },
    /// Too little memory is left.
    #[error("{available_mb} MiB of memory are available, {needed_mb} MiB are asked for")]
    Memory {
        /// What is available.
        available_mb: u64,
        /// What should be.
        needed_mb: u64,
    },
    /// The machine has too much to do.
    #[error("the load is {load} per processor, the limit is {limit}")]
    Load {
        /// The load, rounded up.
        load: u32,
        /// The limit.
        limit: u32,
    },
    /// The supervisor may not open many more files.
    #[error("the supervisor may open {left} more files, {kept} are kept for its own work")]
    Descriptors {
        /// How many more.
        left: u64,
        /// How many should be left.
        kept: u64,
    },
    /// Others asked before.
    #[error("sessions that wait for the same room: {ahead}")]
    Waiting {
        /// How many.
        ahead: u32,
    },
    /// As many wait as may wait.
    #[error("sessions that wait for room: {waiting}; the limit is {limit}")]
    Queue {
        /// How many wait.
        waiting: u32,
        /// The limit.
        limit: u32,
    },
}

impl Full {
    /// Whether waiting can help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::Depth { .. } | Self::Queue { .. })
    }

    /// Whether it stops the sessions of every project.
    #[must_use]
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Machine { .. }
            | Self::Memory { .. }
            | Self::Load { .. }
            | Self::Descriptors { .. } => true,
            Self::Depth { .. }
            | Self::Spawner { .. }
            | Self::Project { .. }
            | Self::Waiting { .. }
            | Self::Queue { .. } => false,
        }
    }

    /// Whether it can pass without a session's end, which is what waiting sessions are told of.
    #[must_use]
    pub fn passes_by_itself(&self) -> bool {
        matches!(self, Self::Memory { .. } | Self::Load { .. } | Self::Descriptors { .. })
    }

    /// Whether it is the same reason, with other numbers perhaps.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// Whether one more session may start. What never changes is said first, then what its project
/// can change, then what stops everybody.
pub fn admit(room: &Room, bounds: &Bounds) -> Result<(), Full> {
    if let Some(Spawner { live, depth }) = room.spawner {
        if depth > bounds.depth {
            return Err(Full::Depth { depth, limit: bounds.depth });
        }
        if bounds.spawner > 0 && live >= bounds.spawner {
            return Err(Full::Spawner { live, limit: bounds.spawner });
        }
    }
    if room.project >= bounds.project {
        return Err(Full::Project { live: room.project, limit: bounds.project });
    }
    if room.machine >= bounds.machine {
        return Err(Full::Machine { live: room.machine, limit: bounds.machine });
    }
    machine(&room.machine_has, bounds)?;
    if room.ahead > 0 {
        return Err(Full::Waiting { ahead: room.ahead });
    }
    Ok(())
}

fn machine(has: &Machine, bounds: &Bounds) -> Result<(), Full> {
    if let Some(left) = has.descriptors
        && left < DESCRIPTORS_KEPT
    {
        return Err(Full::Descriptors { left, kept: DESCRIPTORS_KEPT });
    }
    if let Some(available_mb) = has.memory_mb
        && available_mb < bounds.memory_mb
    {
        return Err(Full::Memory { available_mb, needed_mb: bounds.memory_mb });
    }
    if let Some(load) = has.load_per_cpu
        && bounds.load_per_cpu > 0
        && load > f64::from(bounds.load_per_cpu)
    {
        // A load is a small number; one that is not is cut to the largest.
        return Err(Full::Load { load: load.ceil() as u32, limit: bounds.load_per_cpu });
    }
    Ok(())
}

/// Whether one more may wait, behind `waiting` others, for what `full` says to pass.
pub fn may_wait(full: &Full, waiting: u32, bounds: &Bounds) -> Result<(), Full> {
    if !full.may_pass() {
        return Err(full.clone());
    }
    if waiting >= bounds.waiting {
        return Err(Full::Queue { waiting, limit: bounds.waiting });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        project: 3,
        machine: 5,
        spawner: 2,
        depth: 1,
        memory_mb: 100,
        load_per_cpu: 4,
        waiting: 2,
    };

    fn room(project: u32, machine: u32) -> Room {
        Room { project, machine, ..Room::default() }
    }

    #[test]
    fn counts_are_compared_with_their_limits() {
        assert_eq!(admit(&room(2, 4), &BOUNDS), Ok(()));
        assert_eq!(admit(&room(3, 4), &BOUNDS), Err(Full::Project { live: 3, limit: 3 }));
        assert_eq!(admit(&room(0, 5), &BOUNDS), Err(Full::Machine { live: 5, limit: 5 }));
        let by = |live, depth| Room { spawner: Some(Spawner { live, depth }), ..room(0, 0) };
        assert_eq!(admit(&by(1, 1), &BOUNDS), Ok(()));
        assert_eq!(admit(&by(2, 1), &BOUNDS), Err(Full::Spawner { live: 2, limit: 2 }));
        assert_eq!(admit(&by(0, 2), &BOUNDS), Err(Full::Depth { depth: 2, limit: 1 }));
    }

    #[test]
    fn what_the_machine_has_is_compared_where_it_is_known() {
        let with = |machine_has| Room { machine_has, ..room(0, 0) };
        let known = Machine {
            memory_mb: Some(100),
            load_per_cpu: Some(4.0),
            descriptors: Some(DESCRIPTORS_KEPT),
        };
        assert_eq!(admit(&with(known), &BOUNDS), Ok(()));
        let short = |change: fn(&mut Machine)| {
            let mut machine = known;
            change(&mut machine);
            admit(&with(machine), &BOUNDS).unwrap_err()
        };
        assert_eq!(
            short(|m| m.memory_mb = Some(99)),
            Full::Memory { available_mb: 99, needed_mb: 100 }
        );
        assert_eq!(short(|m| m.load_per_cpu = Some(4.1)), Full::Load { load: 5, limit: 4 });
        let few = short(|m| m.descriptors = Some(3));
        assert_eq!(few, Full::Descriptors { left: 3, kept: DESCRIPTORS_KEPT });
        assert_eq!(admit(&with(Machine::default()), &BOUNDS), Ok(()));
        let unbounded = Bounds { load_per_cpu: 0, memory_mb: 0, ..BOUNDS };
        let busy = Machine { memory_mb: Some(0), load_per_cpu: Some(900.0), descriptors: None };
        assert_eq!(admit(&with(busy), &unbounded), Ok(()));
    }

    #[test]
    fn nobody_passes_those_who_wait_and_only_so_many_wait() {
        let behind = Room { ahead: 1, ..room(0, 0) };
        let full = admit(&behind, &BOUNDS).unwrap_err();
        assert_eq!(full, Full::Waiting { ahead: 1 });
        assert_eq!(may_wait(&full, 1, &BOUNDS), Ok(()));
        assert_eq!(may_wait(&full, 2, &BOUNDS), Err(Full::Queue { waiting: 2, limit: 2 }));
        let never = Full::Depth { depth: 2, limit: 1 };
        assert_eq!(may_wait(&never, 0, &BOUNDS), Err(never.clone()));
    }
}
