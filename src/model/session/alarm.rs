//! Many sessions that look dead at once, under hosts that live: then the look is rather wrong than
//! the world.

/// What a look at one live session came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing speaks against it.
    Well,
    /// Its agent's process is gone, its host's is there and has not said a word of that.
    Suspect,
}

/// Sessions that must look dead at the least.
const LEAST: usize = 5;

/// Whether to believe nothing of it: at least five and more than half of all look dead.
#[must_use]
pub fn is_alarm(looks: &[Look]) -> bool {
    let suspects = looks.iter().filter(|look| **look == Look::Suspect).count();
    suspects >= LEAST && suspects * 2 > looks.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_five_and_more_than_half() {
        let looks = |suspect: usize, well: usize| {
            [vec![Look::Suspect; suspect], vec![Look::Well; well]].concat()
        };
        for (suspect, well, alarm) in [
            (4, 0, false),
            (5, 0, true),
            (5, 4, true),
            (5, 5, false),
            (60, 40, true),
            (0, 0, false),
        ] {
            assert_eq!(is_alarm(&looks(suspect, well)), alarm, "{suspect} {well}");
        }
    }
}
