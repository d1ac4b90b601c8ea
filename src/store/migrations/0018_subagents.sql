-- Background subagents: what a session or the person has had done beside its own work.
CREATE TABLE subagents (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE, -- sa-…
    project    TEXT NOT NULL,
    parent     TEXT NOT NULL, -- a session's id, or `person`
    depth      INTEGER NOT NULL, -- 1 for one of a session that is none itself
    title      TEXT,
    policy     TEXT NOT NULL, -- how its parent is told of its end
    stays      INTEGER NOT NULL, -- it goes on when its parent ends
    state      TEXT NOT NULL,
    session    TEXT, -- the headless session that does it
    reason     TEXT, -- why it came to nothing
    result     TEXT, -- SHA-256 of an artifact
    bytes      INTEGER NOT NULL DEFAULT 0,
    is_json    INTEGER NOT NULL DEFAULT 0,
    tool_calls INTEGER NOT NULL DEFAULT 0,
    told       TEXT, -- the message that tells its parent
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;

CREATE INDEX subagents_of ON subagents (parent, seq);
CREATE INDEX subagents_open ON subagents (seq) WHERE ended_at IS NULL;
CREATE INDEX subagents_by_session ON subagents (session) WHERE session IS NOT NULL;
