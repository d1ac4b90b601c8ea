//! Input that makes no sense and a world that does not play along: three lines, the documented exit
//! code, and nothing changed.

use std::os::unix::fs::PermissionsExt;

use super::support::{Ao, Footprint, Sandbox, git};

#[test]
fn ids_that_are_none_change_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    sandbox.worker();
    let before = Footprint::of(&sandbox, &[&shop]);
    let long = "x".repeat(300);
    for id in
        ["shop-9", "SHOP-1", "../shop-1", "shop-1/..", "", " shop-1", "shop-1\n", &long, "ünï"]
    {
        for verb in ["show", "kill", "screen", "logs", "result"] {
            let ran = sandbox.ao(&[verb, "--", id]).run();
            assert!(matches!(ran.code(), 2 | 3), "{verb} {id:?}: {}{}", ran.out(), ran.err());
            assert_eq!(ran.err().lines().count(), 3, "{verb} {id:?}: {}", ran.err());
        }
        sandbox.ao(&["project", "show", "--", id]).run();
        let ran = sandbox.ao(&["send", "--session", id, "--message", "x"]).run();
        assert!(matches!(ran.code(), 2 | 3), "{id:?}: {}", ran.err());
        let ran = sandbox.ao(&["--project", id, "spawn"]).run();
        assert!(matches!(ran.code(), 2 | 3), "{id:?}: {}", ran.err());
    }
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
}

#[test]
fn texts_that_are_none_change_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let before = Footprint::of(&sandbox, &[&shop]);
    let huge = vec![b'x'; 5 * 1024 * 1024];
    for (input, send, spawn) in [
        (&b""[..], 2, 2),
        (b" \n\t ", 2, 2),
        (b"caf\xe9", 2, 2),
        (b"\x1b\x07\x00", 2, 2),
        (&huge, 4, 2),
    ] {
        let size = input.len();
        let ran = sandbox.ao(&["send", "shop-orchestrator", "-"]).input(input).run();
        assert_eq!(ran.code(), send, "send of {size}: {}", ran.err());
        let ran = sandbox.ao(&["--project", "shop", "spawn", "-"]).input(input).run();
        assert!([spawn, 4].contains(&ran.code()), "spawn with {size}: {}{}", ran.out(), ran.err());
        assert_eq!(ran.err().lines().count(), 3, "{}", ran.err());
    }
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
}

#[test]
fn hostile_words_are_words() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let hostile = [
        "$(touch canary)",
        "`touch canary`",
        "a;touch canary",
        "a\"b'c",
        "-x",
        "--upload-pack=x",
        "../..",
        "/etc/passwd",
        "a b",
        "ünïcödé✓",
        "a\u{202e}b",
        "%s%n",
        "~",
        "*",
        "a\\b",
    ];
    for word in hostile {
        let branch = sandbox.ao(&["spawn", &format!("--branch={word}")]).dir(shop.path()).run();
        assert!(matches!(branch.code(), 0 | 2 | 5), "{word}: {}", branch.err());
        let label = sandbox.ao(&["spawn", &format!("--name={word}")]).dir(shop.path()).json();
        assert_eq!(label["session"]["label"], word);
        let id = label["session"]["id"].as_str().unwrap();
        let worktree = label["session"]["worktree"].as_str().unwrap();
        assert!(std::path::Path::new(worktree).starts_with(sandbox.data().join("worktrees/shop")));
        sandbox.ao(&["send", "--session", id, "--message", word]).ok();
        // What would turn the text around for whoever reads it is shown instead.
        let heard = word.replace('\u{202e}', "\\u{202e}");
        assert_eq!(sandbox.probe(id).hears(1), [heard]);
        sandbox.ao(&["kill", id]).ok();
    }
    let found = super::support::Ao::new({
        let mut find = sandbox.command("find");
        find.args([".", "-name", "canary"]);
        find
    });
    assert_eq!(found.ok().out(), "");
}

#[test]
fn repositories_that_cannot_be_worked_in_are_told() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    // The default branch goes away after the registration.
    shop.git(&["checkout", "-q", "-b", "other"]);
    shop.git(&["branch", "-q", "-D", "main"]);
    let before = Footprint::of(&sandbox, &[&shop]);
    let told = sandbox.ao(&["spawn"]).dir(shop.path()).fails(2);
    assert!(told.err().contains("main"), "{}", told.err());
    sandbox.ao(&["orchestrator", "start"]).dir(shop.path()).fails(2);
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
    // And then the repository itself.
    let aside = sandbox.path("aside");
    std::fs::rename(shop.path(), &aside).unwrap();
    sandbox.ao(&["--project", "shop", "spawn"]).fails(2);
    sandbox.ao(&["status"]).ok();
    std::fs::rename(&aside, shop.path()).unwrap();
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
}

#[test]
fn a_git_that_fails_or_hangs_leaves_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let bin = sandbox.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let shim = bin.join("git");
    let real = "/usr/bin/git";
    let script = format!(
        "#!/bin/sh\nfor word do case $word in worktree|checkout|reset|read-tree) \
         [ -e {0}/broken ] && {{ echo 'fatal: the disk is on fire' >&2; exit 128; }};; esac; done\n\
         exec {real} \"$@\"\n",
        bin.display()
    );
    std::fs::write(&shim, script).unwrap();
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    sandbox.ao(&["start", "--no-orchestrator"]).dir(shop.path()).env("PATH", &path).ok();
    let before = Footprint::of(&sandbox, &[&shop]);
    std::fs::write(bin.join("broken"), "").unwrap();
    let told = sandbox.ao(&["spawn"]).dir(shop.path()).fails(9);
    assert!(told.err().contains("the disk is on fire"), "git's own words: {}", told.err());
    std::fs::remove_file(bin.join("broken")).unwrap();
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
    sandbox.ao(&["spawn"]).dir(shop.path()).ok();
}

#[test]
fn no_identity_of_git_is_needed() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    std::fs::remove_file(sandbox.path("home/.gitconfig")).unwrap();
    sandbox.ao(&["start"]).dir(shop.path()).ok();
    sandbox.ao(&["spawn"]).dir(shop.path()).ok();
    sandbox.ao(&["orchestrator", "relaunch"]).dir(shop.path()).ok();
}

#[test]
fn a_read_only_data_directory_is_told() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    std::fs::create_dir(sandbox.data()).unwrap();
    let script = "mount --bind \"$2\" \"$2\" && mount -o remount,ro,bind \"$2\" || exit 99; \
                  exec \"$1\" start";
    let told = in_own_mounts(&sandbox, script).dir(shop.path()).run();
    assert!(matches!(told.code(), 8 | 9), "{}: {}", told.code(), told.err());
    assert_eq!(told.err().lines().count(), 3, "{}", told.err());
    assert!(told.err().contains("Read-only"), "{}", told.err());
    assert_eq!(std::fs::read_dir(sandbox.data()).unwrap().count(), 0);
    assert_eq!(shop.branches(), ["main"]);
}

/// A shell script that may mount what it likes, for itself; `$1` is ao, `$2` the data directory.
fn in_own_mounts(sandbox: &Sandbox, script: &str) -> Ao {
    let mut command = sandbox.command("unshare");
    let user: &[&str] = if rustix::process::getuid().is_root() { &[] } else { &["-U", "-r"] };
    command.args(user).args(["-m", "sh", "-c", script, "sh"]);
    Ao::new(command).arg(env!("CARGO_BIN_EXE_ao")).arg(sandbox.data())
}

#[test]
fn a_full_disk_is_told_and_nothing_accepted_is_lost() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    std::fs::create_dir(sandbox.data()).unwrap();
    let limit = std::time::Duration::from_secs(120);
    let ran = in_own_mounts(&sandbox, FULL).dir(shop.path()).within(limit).run();
    assert_eq!(ran.code(), 0, "{}\n{}", ran.out(), ran.err());
    let out = ran.out();
    let value = |name: &str| {
        let line = out.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name}: {out}")).to_owned()
    };
    assert_eq!(value("refused"), "9");
    assert_eq!(value("spawn"), "9");
    assert_eq!(value("lines"), "3");
    assert!(value("words").contains("space"), "{out}");
    assert_eq!(value("accepted"), value("kept"), "nothing that was accepted is lost: {out}");
    assert_eq!(value("freed"), "0", "it works again");
    assert_eq!(value("worktrees"), value("worktrees-before"), "{out}");
    assert_eq!(value("branches"), value("branches-before"), "{out}");
    git(shop.path(), sandbox.root(), &["worktree", "prune"]);
}

/// Fills a small file system under the data directory while sending. Prints what it saw.
const FULL: &str = r#"
ao=$1 data=$2
mount -t tmpfs -o size=12m,mode=700 none "$data" || exit 99
"$ao" start >/dev/null || exit 98
"$ao" -q wait shop-orchestrator --for idle --timeout 30 >/dev/null || exit 97
"$ao" orchestrator stop >/dev/null || exit 96
echo "worktrees-before $(git worktree list | wc -l)"
echo "branches-before $(git branch | wc -l)"
head -c 100000 /dev/zero | tr '\0' x > "$TMPDIR/text"
accepted=0 refused=0
dd if=/dev/zero of="$data/ballast" bs=64k >/dev/null 2>&1
n=0
while [ $n -lt 200 ]; do
  n=$((n+1))
  "$ao" -q send shop-orchestrator --file "$TMPDIR/text" >/dev/null 2>"$TMPDIR/error"
  code=$?
  if [ $code = 0 ]; then accepted=$((accepted+1)); else refused=$code; break; fi
done
echo "refused $refused"
echo "lines $(wc -l < "$TMPDIR/error")"
echo "words $(tr '\n' ' ' < "$TMPDIR/error")"
"$ao" spawn >/dev/null 2>"$TMPDIR/spawn"; echo "spawn $?"
cat "$TMPDIR/spawn" >&2
"$ao" status >/dev/null || exit 95
rm "$data/ballast"
"$ao" send shop-orchestrator freed >/dev/null; echo "freed $?"
echo "accepted $accepted"
echo "kept $("$ao" -q messages --session shop-orchestrator --limit 1000 | wc -l | awk '{print $1-1}')"
echo "worktrees $(git worktree list | wc -l)"
echo "branches $(git branch | wc -l)"
"$ao" stop --sessions --yes >/dev/null
umount "$data" || umount -l "$data"
exit 0
"#;
