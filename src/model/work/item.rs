//! A piece of work that is found in a worktree, and what becomes of it.

use serde::{Deserialize, Serialize};

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A tracked file that was changed, or is in conflict.
    Changed,
    /// A tracked file that was changed and that git was told not to look at.
    Hidden,
    /// A file that git does not know and does not ignore.
    Untracked,
    /// As changed, hidden or untracked, too large for git's object store.
    Large,
    /// A tracked file whose bytes are not what git stored: it passed a filter.
    Filtered,
    /// A file or folder that git ignores and that no tool makes again.
    Ignored,
    /// A folder that a tool makes again.
    Cache,
    /// A repository of its own.
    Nested,
    /// A checked out submodule.
    Submodule,
    /// A name that git cannot store.
    Unstorable,
    /// A socket, a pipe: no content.
    Special,
    /// What is staged.
    Staged,
    /// A rebase, merge, cherry-pick, revert or bisection that is not finished.
    Operation,
    /// Commits on the session's branch that no other branch, tag or remote has.
    Commits,
    /// Commits and other objects that no branch, tag or remote has at all.
    Loose,
    /// HEAD stands at another commit than the session's branch, on a branch of its own or on none.
    Elsewhere,
}

/// What becomes of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It goes into the repository, under refs of ao's own.
    Refs,
    /// It is moved aside, into the data directory.
    Aside,
    /// It stays where it is: on its branch.
    Branch,
    /// It goes for good.
    Removed,
}

impl Fate {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refs => "refs",
            Self::Aside => "aside",
            Self::Branch => "branch",
            Self::Removed => "removed",
        }
    }
}

impl What {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Hidden => "hidden",
            Self::Untracked => "untracked",
            Self::Large => "large",
            Self::Filtered => "filtered",
            Self::Ignored => "ignored",
            Self::Cache => "cache",
            Self::Nested => "nested",
            Self::Submodule => "submodule",
            Self::Unstorable => "unstorable",
            Self::Special => "special",
            Self::Staged => "staged",
            Self::Operation => "operation",
            Self::Commits => "commits",
            Self::Loose => "loose",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// One fragment: what it is, for a person.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Changed => "changed, not committed",
            Self::Hidden => "changed behind assume-unchanged or skip-worktree",
            Self::Untracked => "not known to git",
            Self::Large => "not committed, too large for git's object store",
            Self::Filtered => "not the bytes that git stored: it passed a filter",
            Self::Ignored => "ignored by git",
            Self::Cache => "made again by a tool",
            Self::Nested => "a repository of its own",
            Self::Submodule => "a submodule",
            Self::Unstorable => "its name cannot be stored by git",
            Self::Special => "a socket or pipe, it has no content",
            Self::Staged => "staged, not committed",
            Self::Operation => "not finished",
            Self::Commits => "commits that no other branch or remote has",
            Self::Loose => "commits that no branch or remote has",
            Self::Elsewhere => "checked out, and not where the session's branch is",
        }
    }

    /// What becomes of it. `discard` gives up what git ignores, and nothing else.
    #[must_use]
    pub fn fate(self, discard: bool) -> Fate {
        match self {
            Self::Changed
            | Self::Hidden
            | Self::Untracked
            | Self::Staged
            | Self::Operation
            | Self::Loose
            | Self::Elsewhere => Fate::Refs,
            Self::Commits => Fate::Branch,
            Self::Cache | Self::Special => Fate::Removed,
            Self::Ignored if discard => Fate::Removed,
            Self::Ignored
            | Self::Large
            | Self::Filtered
            | Self::Nested
            | Self::Submodule
            | Self::Unstorable => Fate::Aside,
        }
    }
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub what: What,
    /// Where, below the worktree, for people; a folder stands for all in it. Else a name: of a
    /// branch, of an operation.
    pub name: String,
    /// How many files, or commits.
    pub count: u64,
    /// Bytes of its files.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [What; 16] = [
        What::Changed,
        What::Hidden,
        What::Untracked,
        What::Large,
        What::Filtered,
        What::Ignored,
        What::Cache,
        What::Nested,
        What::Submodule,
        What::Unstorable,
        What::Special,
        What::Staged,
        What::Operation,
        What::Commits,
        What::Loose,
        What::Elsewhere,
    ];

    #[test]
    fn only_what_can_be_made_again_goes_for_good() {
        for what in ALL {
            let may_go = matches!(what, What::Cache | What::Special);
            assert_eq!(what.fate(false) == Fate::Removed, may_go, "{what:?}");
            let may_go = may_go || what == What::Ignored;
            assert_eq!(what.fate(true) == Fate::Removed, may_go, "{what:?}, discarding");
        }
    }

    #[test]
    fn names_are_those_of_the_wire() {
        for what in ALL {
            let json = serde_json::to_value(what).unwrap();
            assert_eq!(json, what.as_str());
        }
    }
}
