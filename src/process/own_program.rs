//! The file that this process runs.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether `path`, from which this process was started, leads to another file by now, or to none:
/// the program was replaced. What cannot be read is taken for unchanged.
#[must_use]
pub fn is_replaced(path: &Path) -> bool {
    let file = |path: &Path| path.metadata().map(|facts| (facts.dev(), facts.ino()));
    // Leads to the very file, also when its name has gone.
    let Ok(own) = file(Path::new("/proc/self/exe")) else { return false };
    match file(path) {
        Ok(found) => found != own,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_or_none_is_a_replacement() {
        let own = std::env::current_exe().unwrap();
        assert!(!is_replaced(&own));
        assert!(is_replaced(Path::new("/bin/sh")));
        assert!(is_replaced(Path::new("/no/such/program")));
    }
}
