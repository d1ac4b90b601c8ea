-- Runs of workflow scripts. What a run needs to go on after a crash is all here.
CREATE TABLE workflow_runs (
    id           TEXT PRIMARY KEY,
    project      TEXT NOT NULL REFERENCES projects (id),
    name         TEXT NOT NULL, -- of the workflow
    file         TEXT NOT NULL, -- where it was read, for people
    script       TEXT NOT NULL,
    script_sha   TEXT NOT NULL,
    args         TEXT, -- JSON; NULL: none
    options      TEXT NOT NULL, -- JSON: concurrency, budget, agent, command, surroundings
    state        TEXT NOT NULL,
    paused       INTEGER NOT NULL DEFAULT 0,
    result       TEXT, -- JSON
    error        TEXT, -- JSON: name, message, stack, site
    resumed_from TEXT,
    fingerprint  TEXT, -- of the working tree; NULL: nothing is taken from the project's cache
    engine       TEXT NOT NULL, -- version that made it
    delivered    INTEGER NOT NULL DEFAULT 0, -- number of the last result in the order of delivery
    spent        REAL NOT NULL DEFAULT 0,
    started_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER
) STRICT;

CREATE INDEX workflow_runs_by_project ON workflow_runs (project, created_at);
CREATE INDEX workflow_runs_open ON workflow_runs (id) WHERE finished_at IS NULL;

CREATE TABLE workflow_ops (
    run           TEXT NOT NULL REFERENCES workflow_runs (id),
    seq           INTEGER NOT NULL, -- 1, 2, 3 … in the order in which the script asked
    kind          TEXT NOT NULL CHECK (kind IN ('agent', 'timer', 'workflow')),
    scope         TEXT NOT NULL,
    key           TEXT NOT NULL,
    ordinal       INTEGER NOT NULL,
    label         TEXT,
    phase         TEXT,
    spec          TEXT NOT NULL, -- JSON: what was asked
    site          TEXT,
    state         TEXT NOT NULL,
    attempt       INTEGER NOT NULL DEFAULT 0,
    outcome       TEXT, -- JSON
    known_order   INTEGER, -- its place in the run that its outcome was taken from
    cached_from   TEXT,
    delivery      INTEGER, -- its place in the order of this run
    spent_after   REAL,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    tool_calls    INTEGER NOT NULL DEFAULT 0,
    issued_at     INTEGER NOT NULL,
    started_at    INTEGER,
    finished_at   INTEGER,
    PRIMARY KEY (run, seq),
    UNIQUE (run, key, ordinal),
    UNIQUE (run, delivery)
) STRICT, WITHOUT ROWID;

-- Results of agents, for later runs on the same working tree.
CREATE TABLE workflow_cache (
    project     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    key         TEXT NOT NULL,
    ordinal     INTEGER NOT NULL,
    outcome     TEXT NOT NULL, -- JSON
    run         TEXT NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (project, fingerprint, key, ordinal)
) STRICT, WITHOUT ROWID;

-- What a run tells: its own lines are numbered from 1 by the script, ao's from -1 down.
CREATE TABLE workflow_events (
    run     TEXT NOT NULL,
    n       INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL, -- JSON
    PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;
