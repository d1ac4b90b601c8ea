-- What agents asked leave for, and what became of it.
CREATE TABLE permits (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    session    TEXT NOT NULL,
    project    TEXT NOT NULL,
    generation INTEGER NOT NULL,
    call_id    TEXT NOT NULL, -- of the tool call, where it is known
    tool       TEXT NOT NULL,
    subject    TEXT NOT NULL, -- what it is about to do, without secrets, cut
    state      TEXT NOT NULL CHECK (state IN ('open', 'allowed', 'denied', 'left')),
    scope      TEXT NOT NULL DEFAULT 'once' CHECK (scope IN ('once', 'session')),
    by         TEXT, -- who decided: `person`, a session's id, `rule`, `terminal`
    message    TEXT, -- why, for the agent
    notice     TEXT, -- the message by which the orchestrator was asked
    asked_at   INTEGER NOT NULL,
    decided_at INTEGER
) STRICT;

CREATE INDEX permits_open ON permits (session, seq) WHERE state = 'open';
CREATE INDEX permits_by_session ON permits (session, seq);

-- 1: the project's orchestrator may answer its workers' permission requests.
ALTER TABLE projects ADD COLUMN permits INTEGER NOT NULL DEFAULT 0;
