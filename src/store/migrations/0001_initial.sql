-- Times are milliseconds since the Unix epoch. Columns that hold JSON say so.

CREATE TABLE projects (
    id             TEXT PRIMARY KEY,
    prefix         TEXT NOT NULL UNIQUE,
    path           TEXT NOT NULL UNIQUE,
    common_dir     TEXT NOT NULL,
    default_branch TEXT NOT NULL,
    agent          TEXT,
    next_worker    INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    project         TEXT NOT NULL REFERENCES projects (id),
    kind            TEXT NOT NULL CHECK (kind IN ('orchestrator', 'worker')),
    label           TEXT,
    issue           TEXT,
    spawned_by      TEXT NOT NULL,
    deliver         TEXT NOT NULL,
    agent           TEXT NOT NULL,
    choice          TEXT NOT NULL, -- JSON: which agent, model, permission mode, command
    prompt          TEXT,
    branch          TEXT NOT NULL,
    base            TEXT,
    worktree        TEXT NOT NULL,
    nonce           TEXT NOT NULL,
    conversation    TEXT,
    generation      INTEGER NOT NULL DEFAULT 0,
    phase           TEXT NOT NULL, -- JSON: the phase with its data
    over            INTEGER NOT NULL DEFAULT 0, -- 1 when the phase is `ended`
    phase_at        INTEGER NOT NULL,
    activity        TEXT, -- JSON: activity, source, time
    awaits_prompt   INTEGER NOT NULL DEFAULT 0, -- 1 from a launch with a prompt until it is taken up
    report          TEXT, -- JSON: state, note, time
    result          TEXT,
    token_hash      TEXT,
    boot_id         TEXT,
    host_pid        INTEGER,
    host_start      INTEGER,
    agent_pid       INTEGER,
    agent_start     INTEGER,
    pane            TEXT NOT NULL DEFAULT 'none',
    removal         TEXT, -- JSON: how far the worktree's removal is; NULL while it has one
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER
) STRICT;

-- One orchestrator per project, whatever anybody does at the same time.
CREATE UNIQUE INDEX one_orchestrator ON sessions (project) WHERE kind = 'orchestrator';
CREATE INDEX sessions_by_project ON sessions (project, over);
CREATE INDEX sessions_alive ON sessions (id) WHERE over = 0;

CREATE TABLE messages (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    sender       TEXT NOT NULL,
    recipient    TEXT NOT NULL REFERENCES sessions (id),
    project      TEXT NOT NULL,
    body         TEXT NOT NULL,
    policy       TEXT NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT,
    attempts     INTEGER NOT NULL DEFAULT 0,
    not_before   INTEGER NOT NULL DEFAULT 0,
    deadline     INTEGER,
    generation   INTEGER, -- the recipient's generation that it was written to
    reply        TEXT,
    reply_to     TEXT,
    accepted_at  INTEGER NOT NULL,
    written_at   INTEGER,
    submitted_at INTEGER,
    answered_at  INTEGER,
    read_at      INTEGER
) STRICT;

CREATE INDEX messages_waiting ON messages (recipient, seq) WHERE state IN ('queued', 'delivering');
CREATE INDEX messages_written ON messages (recipient, seq) WHERE state IN ('written', 'uncertain');
CREATE INDEX messages_by_recipient ON messages (recipient, seq);
CREATE INDEX messages_lately ON messages (recipient, accepted_at);
CREATE INDEX messages_stopped ON messages (seq) WHERE state = 'queued' AND reason = 'ping_pong';

-- What ao tells a session of its own accord: workers' reports. Each waits here for the end of its
-- window and then becomes part of a message.
CREATE TABLE notices (
    seq              INTEGER PRIMARY KEY AUTOINCREMENT,
    project          TEXT NOT NULL,
    recipient        TEXT NOT NULL, -- a session's id; the session may still have to come
    kind             TEXT NOT NULL, -- the report's state
    subject          TEXT NOT NULL, -- the session that it is about
    occasion         TEXT NOT NULL, -- changes when the subject is spoken to or launched anew
    note             TEXT,
    result_bytes     INTEGER,
    content          TEXT NOT NULL, -- SHA-256 of note and result
    policy           TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dropped')),
    reason           TEXT, -- why it was dropped
    made_at          INTEGER NOT NULL,
    not_before       INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    message          TEXT, -- the message that it is part of
    withheld         INTEGER NOT NULL DEFAULT 0, -- attempts of that message known to have typed nothing
    told_at          INTEGER -- when that message was last about to be written
) STRICT;

CREATE INDEX notices_waiting ON notices (recipient, seq) WHERE state = 'waiting';
CREATE INDEX notices_by_subject ON notices (recipient, subject, seq);
CREATE INDEX notices_by_message ON notices (message) WHERE message IS NOT NULL;

CREATE TABLE journal (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    project    TEXT,
    session    TEXT,
    request_id TEXT,
    data       TEXT NOT NULL -- JSON
) STRICT;

CREATE INDEX journal_by_session ON journal (session, seq);

CREATE TABLE idempotency (
    caller  TEXT NOT NULL,
    key     TEXT NOT NULL,
    request TEXT NOT NULL, -- SHA-256 of verb and body
    subject TEXT NOT NULL, -- id of what the request made
    at      INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
