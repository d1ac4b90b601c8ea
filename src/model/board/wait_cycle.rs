//! No task may wait for itself, by however many others.

use std::collections::HashSet;

use super::id::TaskId;

/// The way from `task` back to itself, were it to depend on `depends_on` as well; nothing when
/// there is none. `of` tells what a task depends on and is asked once for each task on the way.
///
/// # Errors
/// Those of `of`.
pub fn wait_cycle<E>(
    task: TaskId,
    depends_on: &[TaskId],
    mut of: impl FnMut(TaskId) -> Result<Vec<TaskId>, E>,
) -> Result<Option<Vec<TaskId>>, E> {
    let mut seen = HashSet::new();
    // Each entry is a task and the tasks that are still to be looked at after it. A stack of our
    // own: a chain of ten thousand tasks is a deep recursion.
    let mut path = vec![(task, depends_on.to_vec())];
    while let Some((_, next)) = path.last_mut() {
        let Some(id) = next.pop() else {
            path.pop();
            continue;
        };
        if id == task {
            let mut way: Vec<TaskId> = path.iter().map(|(id, _)| *id).collect();
            way.push(task);
            return Ok(Some(way));
        }
        if seen.insert(id) {
            path.push((id, of(id)?));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;

    fn cycle(task: u32, depends_on: &[u32], edges: &[(u32, u32)]) -> Option<Vec<u32>> {
        let mut of: HashMap<u32, Vec<TaskId>> = HashMap::new();
        for (from, to) in edges {
            of.entry(*from).or_default().push(TaskId(*to));
        }
        let depends_on: Vec<TaskId> = depends_on.iter().copied().map(TaskId).collect();
        let found = wait_cycle(TaskId(task), &depends_on, |id| {
            Ok::<_, Infallible>(of.get(&id.0).cloned().unwrap_or_default())
        });
        found.unwrap().map(|way| way.into_iter().map(|id| id.0).collect())
    }

    #[test]
    fn cycles_are_found_with_their_way() {
        assert_eq!(cycle(1, &[1], &[]), Some(vec![1, 1]));
        assert_eq!(cycle(1, &[3], &[(3, 2), (2, 1)]), Some(vec![1, 3, 2, 1]));
        assert_eq!(cycle(4, &[2, 3], &[(2, 1), (3, 1)]), None);
    }

    #[test]
    fn a_long_chain_and_a_wide_lattice_end() {
        let chain: Vec<(u32, u32)> = (2..100_000).map(|n| (n, n - 1)).collect();
        assert_eq!(cycle(100_000, &[99_999], &chain), None);
        // Two ways at each of forty steps: 2^40 paths, 80 tasks.
        let lattice: Vec<(u32, u32)> = (1..40)
            .flat_map(|n| {
                let (a, b) = (2 * n, 2 * n + 1);
                [(a, a + 2), (a, a + 3), (b, a + 2), (b, a + 3)]
            })
            .collect();
        assert_eq!(cycle(1, &[2, 3], &lattice), None);
    }
}
