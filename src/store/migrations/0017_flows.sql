-- Runs of flows. What a run needs to go on after a crash is all here, and in artifacts.
CREATE TABLE flow_runs (
    id          TEXT PRIMARY KEY,
    project     TEXT NOT NULL REFERENCES projects (id),
    name        TEXT NOT NULL, -- of the flow
    file        TEXT NOT NULL, -- where it was read, for people
    text        TEXT NOT NULL, -- the file, whole
    args        TEXT NOT NULL, -- JSON
    options     TEXT NOT NULL, -- JSON: budget, command, surroundings
    state       TEXT NOT NULL,
    reason      TEXT, -- why it is paused
    agents      INTEGER NOT NULL DEFAULT 0, -- started so far
    tokens      INTEGER NOT NULL DEFAULT 0,
    money       REAL NOT NULL DEFAULT 0,
    started_by  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX flow_runs_by_project ON flow_runs (project, created_at);
CREATE INDEX flow_runs_open ON flow_runs (created_at) WHERE finished_at IS NULL;

CREATE TABLE flow_steps (
    run         TEXT NOT NULL REFERENCES flow_runs (id),
    idx         INTEGER NOT NULL, -- 0, 1, 2 … in the order of the file
    step        TEXT NOT NULL, -- its id there
    on_failure  TEXT NOT NULL,
    state       TEXT NOT NULL,
    waits       INTEGER NOT NULL, -- how many of those it depends on are not over
    attempt     INTEGER NOT NULL DEFAULT 0, -- number of the last one
    tries       INTEGER NOT NULL DEFAULT 0, -- attempts that count, since a person last asked for it
    lost        INTEGER NOT NULL DEFAULT 0, -- attempts that were lost with their processes
    not_before  INTEGER NOT NULL DEFAULT 0,
    version     INTEGER NOT NULL DEFAULT 1,
    lease_owner TEXT, -- the supervisor that has it in hand
    result      TEXT, -- artifact
    bytes       INTEGER,
    preview     TEXT, -- its beginning, for people only
    error       TEXT,
    note        TEXT, -- what a gate asks, what a fold noticed
    started_at  INTEGER,
    finished_at INTEGER,
    PRIMARY KEY (run, idx),
    UNIQUE (run, step)
) STRICT, WITHOUT ROWID;

-- What can be begun is read from here, whatever else there is.
CREATE INDEX flow_steps_ready ON flow_steps (run, idx) WHERE state = 'pending' AND waits = 0;
CREATE INDEX flow_steps_by_state ON flow_steps (run, state, on_failure);

CREATE TABLE flow_deps (
    run        TEXT NOT NULL,
    depends_on INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    PRIMARY KEY (run, depends_on, step)
) STRICT, WITHOUT ROWID;

CREATE INDEX flow_deps_of_step ON flow_deps (run, step);

-- One process each: the intent before it, what came of it after.
CREATE TABLE flow_work (
    run        TEXT NOT NULL,
    idx        INTEGER NOT NULL, -- of the step
    attempt    INTEGER NOT NULL,
    item       INTEGER NOT NULL, -- in a step with foreach; else -1
    agent      TEXT, -- and its model; NULL: a program
    worktree   TEXT, -- where its work was kept, for people
    result     TEXT, -- artifact
    bytes      INTEGER,
    error      TEXT,
    tokens     INTEGER NOT NULL DEFAULT 0,
    tool_calls INTEGER NOT NULL DEFAULT 0,
    money      REAL NOT NULL DEFAULT 0,
    void       INTEGER NOT NULL DEFAULT 0, -- a person had the step done again since
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    PRIMARY KEY (run, idx, attempt, item)
) STRICT, WITHOUT ROWID;

-- Flows of a repository whose programs a person has agreed to, by the hash of the whole file.
CREATE TABLE trusted_flows (
    project TEXT NOT NULL REFERENCES projects (id),
    sha256  TEXT NOT NULL,
    PRIMARY KEY (project, sha256)
) STRICT, WITHOUT ROWID;

-- Breakers that are not closed.
CREATE TABLE breakers (
    agent   TEXT NOT NULL,
    model   TEXT NOT NULL,
    state   TEXT NOT NULL, -- JSON
    PRIMARY KEY (agent, model)
) STRICT, WITHOUT ROWID;
