-- Large bodies: files named by their content, and who holds on to each.
CREATE TABLE artifacts (
    sha256  TEXT PRIMARY KEY, -- in hex; the file's name
    bytes   INTEGER NOT NULL,
    made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact_holds (
    sha256 TEXT NOT NULL REFERENCES artifacts (sha256),
    holder TEXT NOT NULL, -- `trace:7`, `task:t-3` …
    PRIMARY KEY (sha256, holder)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_holds_by_holder ON artifact_holds (holder);

-- A session's turns: from a prompt to the end of what it caused.
CREATE TABLE turns (
    session_id  TEXT NOT NULL,
    turn_number INTEGER NOT NULL, -- 1, 2, 3 … over all generations
    turn_key    TEXT, -- the agent's own name of it
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    PRIMARY KEY (session_id, turn_number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX turns_by_key ON turns (session_id, turn_key) WHERE turn_key IS NOT NULL;

-- Tool calls, one row each, put together from hooks, streams and transcripts.
CREATE TABLE tool_traces (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id         TEXT NOT NULL,
    project_id         TEXT NOT NULL,
    generation         INTEGER NOT NULL,
    agent_kind         TEXT NOT NULL,
    chat_id            TEXT, -- the agent's own conversation
    turn_number        INTEGER NOT NULL,
    tool_use_id        TEXT NOT NULL, -- the agent's own id of the call
    chain              TEXT NOT NULL DEFAULT '', -- the subagent that made it
    parent_tool_use_id TEXT, -- the call that started that subagent
    message_id         TEXT, -- the model's message that asked for it
    run_id             TEXT, -- the workflow run that it is part of, and the operation in it
    op_seq             INTEGER,
    tool_name          TEXT NOT NULL,
    input              TEXT, -- all of it, or its beginning where there is an artifact
    input_bytes        INTEGER,
    input_sha          TEXT,
    output             TEXT,
    output_bytes       INTEGER,
    output_sha         TEXT,
    truncated          INTEGER NOT NULL DEFAULT 0, -- 1: input or output is only the beginning
    started_at         INTEGER,
    finished_at        INTEGER,
    latency_ms         INTEGER GENERATED ALWAYS AS (finished_at - started_at) VIRTUAL,
    run_ms             INTEGER, -- as the agent says, without the time that a permission took
    tokens_used        INTEGER, -- of the message that asked for it, on its first call only
    cache_tokens       INTEGER,
    reasoning_tokens   INTEGER,
    error              TEXT,
    outcome            TEXT NOT NULL CHECK (outcome IN ('running', 'ok', 'error', 'denied', 'unknown')),
    source             TEXT NOT NULL, -- who told of it first: hook, stream, transcript
    seen_at            INTEGER NOT NULL,
    UNIQUE (session_id, tool_use_id)
) STRICT;

CREATE INDEX tool_traces_by_session ON tool_traces (session_id, id);
CREATE INDEX tool_traces_by_project ON tool_traces (project_id, id);
CREATE INDEX tool_traces_by_message ON tool_traces (session_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX tool_traces_running ON tool_traces (session_id) WHERE outcome = 'running';

-- Model calls, one row each, with the tokens they took. The five counts do not overlap, but for
-- reasoning, which is part of output.
CREATE TABLE model_calls (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id   TEXT NOT NULL,
    project_id   TEXT NOT NULL,
    role         TEXT NOT NULL, -- of the session: orchestrator, worker
    agent_kind   TEXT NOT NULL,
    chat_id      TEXT,
    chain        TEXT NOT NULL, -- conversations with a cache of their own: '' or a subagent's
    turn_number  INTEGER NOT NULL,
    message_id   TEXT NOT NULL,
    model        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    input        INTEGER NOT NULL,
    cache_read   INTEGER NOT NULL,
    cache_write  INTEGER NOT NULL,
    output       INTEGER NOT NULL,
    reasoning    INTEGER NOT NULL,
    exact        INTEGER NOT NULL, -- 0: the agent gives only a sum or an estimate
    source       TEXT NOT NULL,
    cache_break  TEXT, -- JSON: held, read, idle_s, cause; where the cache was lost
    UNIQUE (session_id, message_id)
) STRICT;

CREATE INDEX model_calls_by_session ON model_calls (session_id, id);
CREATE INDEX model_calls_by_time ON model_calls (at);

-- Agents' own records of their conversations, and how far each has been read.
CREATE TABLE transcripts (
    session_id TEXT NOT NULL,
    path       TEXT NOT NULL,
    position   INTEGER NOT NULL, -- bytes, at the begin of a line
    turn_key   TEXT, -- of the turn that the line before belonged to
    read_at    INTEGER NOT NULL,
    PRIMARY KEY (session_id, path)
) STRICT, WITHOUT ROWID;
