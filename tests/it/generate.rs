//! `ao generate systemd`: the unit as systemd itself reads it.

use std::path::Path;
use std::process::Command;

#[test]
fn systemd_understands_the_unit() {
    let dir = tempfile::tempdir().unwrap();
    let ao = env!("CARGO_BIN_EXE_ao");
    let printed = Command::new(ao).args(["generate", "systemd"]).output().unwrap();
    assert!(printed.status.success());
    let unit = String::from_utf8(printed.stdout).unwrap();
    assert!(unit.contains("\nKillMode=process\n") && unit.contains("\nOOMPolicy=continue\n"));
    // The program has to exist where the unit says.
    let unit = unit.replace("%h/.cargo/bin/ao", ao);
    assert!(unit.contains(ao), "{unit}");
    let file = dir.path().join("ao.service");
    std::fs::write(&file, unit).unwrap();
    match verify(&file, dir.path()) {
        Some(complaints) => assert_eq!(complaints, ""),
        // There are Linux systems without systemd; the settings above were still compared.
        None => eprintln!("systemd-analyze is not installed: the unit was not verified by it"),
    }
}

/// What systemd has to say against it; nothing is started.
fn verify(file: &Path, runtime: &Path) -> Option<String> {
    let analyzed = Command::new("systemd-analyze")
        .args(["--user", "--man=no", "verify"])
        .arg(file)
        .env("XDG_RUNTIME_DIR", runtime)
        .output();
    let output = analyzed.ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(said.lines().filter(|line| line.contains("ao.service")).collect())
}
