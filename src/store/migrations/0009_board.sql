-- The board: units of work with dependencies, an owner, a version and a result.
CREATE TABLE tasks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- t-<id>, never reused
    project      TEXT NOT NULL,
    subject      TEXT NOT NULL,
    body         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed', 'cancelled')),
    version      INTEGER NOT NULL DEFAULT 1, -- one more with every change
    open         INTEGER NOT NULL, -- how many of those it depends on are not done
    owner        TEXT, -- while it runs: a session's id, or `person`
    last_owner   TEXT,
    created_by   TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    metadata     TEXT, -- JSON
    note         TEXT, -- the last words on it
    result       TEXT, -- SHA-256 of an artifact
    result_bytes INTEGER,
    created_at   INTEGER NOT NULL,
    claimed_at   INTEGER,
    ended_at     INTEGER
) STRICT;

-- What is ready is found without looking at what is not.
CREATE INDEX tasks_by_state ON tasks (project, state, open, id);
CREATE INDEX tasks_lost ON tasks (id) WHERE state IN ('failed', 'cancelled');
CREATE INDEX tasks_by_owner ON tasks (owner) WHERE owner IS NOT NULL;

CREATE TABLE task_dependencies (
    task       INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    depends_on INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    PRIMARY KEY (task, depends_on),
    CHECK (task <> depends_on)
) STRICT, WITHOUT ROWID;

CREATE INDEX task_dependents ON task_dependencies (depends_on, task);

CREATE TABLE task_history (
    task    INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    version INTEGER NOT NULL, -- the version that the step made
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL, -- a session's id, `person` or `ao`
    step    TEXT NOT NULL,
    note    TEXT,
    PRIMARY KEY (task, version)
) STRICT, WITHOUT ROWID;

-- The scratchpad: small values by key, beside the board.
CREATE TABLE scratchpad (
    project    TEXT NOT NULL,
    flow       TEXT NOT NULL, -- the run of a flow, empty for the project's own
    key        TEXT NOT NULL,
    value      TEXT, -- NULL once it is removed, so that no version of a key comes twice
    version    INTEGER NOT NULL,
    written_by TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (project, flow, key)
) STRICT, WITHOUT ROWID;
