//! Group E and hostile scripts: the run fails with the right error within its limit, the
//! supervisor answers meanwhile, no process is left.

use std::time::{Duration, Instant};

use serde_json::json;

use super::bed::Bed;

/// E07, E10, E22, E24, E25; those that need no process are beside the engine.
#[test]
fn e07_to_e25_nothing_differs_from_run_to_run() {
    let bed = Bed::new();
    let file =
        bed.script("return [new Date(2026,0,15,12).toString(), new Date(0).getTimezoneOffset()]");
    let ran = bed.run_what(file.to_str().unwrap(), &["--fresh"]).env("TZ", "America/New_York").ok();
    let result = ran.json()["result"].clone();
    assert!(result[0].as_str().unwrap().contains("GMT+0000"), "{result}");
    assert_eq!(result[1], 0);
    bed.is("try { await import('fs') } catch (e) { return 'no' }", json!("no"));
    assert_eq!(bed.run("const a={};a.a=a;return a").json["error"]["name"], "NotSerializableError");
    let ran = bed.run("return undefined");
    assert_eq!((ran.code, ran.json.get("result")), (0, None));
    let ran = bed.run("Promise.reject(new Error('lost'));return 1");
    assert!(ran.warnings().contains("lost"), "{}", ran.json);
}

/// E16, E18, E21.
#[test]
fn e16_to_e21_hostile_scripts_end_and_others_go_on() {
    let bed = Bed::new();
    let other = bed.detach("return await agent('!sleep 4000 calm')", &["--fresh"]);
    for (body, names) in [
        ("while(true){}", &["TimeoutError"][..]),
        ("while(true){await null}", &["TimeoutError"]),
        (";/^(a+)+$/.test('a'.repeat(40)+'b')", &["TimeoutError"]),
        ("Array.prototype.reverse.call({length:2**53-1})", &["TimeoutError", "MemoryLimitError"]),
        (";[].concat(Array(2**31))", &["TimeoutError", "MemoryLimitError"]),
        ("Array.prototype.join.call({length:2**32},'')", &["TimeoutError", "MemoryLimitError"]),
        ("const f=()=>f()+1; f()", &["RangeError"]),
        (
            "let s='x'; while(true) s+=s+1",
            &["MemoryLimitError", "TimeoutError", "RangeError", "InternalError"],
        ),
        // No error object can be made any more: the engine throws null.
        ("const f=()=>Promise.resolve().then(f); await f()", &["MemoryLimitError", "TimeoutError"]),
        ("await new Promise(()=>{})", &["DeadlockError"]),
    ] {
        let begun = Instant::now();
        let run = bed.detach(body, &["--fresh", "--slice-ms", "500"]);
        let asked = Instant::now();
        bed.sandbox.ao(&["status"]).ok();
        assert!(asked.elapsed() < Duration::from_secs(5), "the supervisor is held up");
        let ran = bed.result(&run);
        let name = ran.json["error"]["name"].as_str().unwrap_or_default().to_owned();
        assert!(names.contains(&name.as_str()), "{body}: {}", ran.json);
        assert!(begun.elapsed() < Duration::from_secs(25), "{body}: {:?}", begun.elapsed());
    }
    assert_eq!(*bed.result(&other).result(), json!("R(calm)"));
    let left = bed.sandbox.processes();
    let hosts = left.into_iter().filter(|process| {
        let line = std::fs::read(format!("/proc/{}/cmdline", process.pid())).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("workflow-")
    });
    assert_eq!(hosts.count(), 0);
}

#[test]
fn a_script_cannot_reach_the_supervisor_through_its_agent() {
    let bed = Bed::new();
    let file = bed.script("return await agent('ask')");
    let ao = env!("CARGO_BIN_EXE_ao");
    // The agent's command asks ao for something only a person may do.
    let asks = format!("cat >/dev/null; {ao} --json stop 2>&1; echo code $?");
    let ran = bed
        .sandbox
        .ao(&[
            "--json",
            "--project",
            "shop",
            "workflow",
            "run",
            file.to_str().unwrap(),
            "--",
            "sh",
            "-c",
            &asks,
        ])
        .ok();
    let said = ran.json()["result"].as_str().unwrap().to_owned();
    assert!(said.ends_with("code 7"), "{said}");
}
