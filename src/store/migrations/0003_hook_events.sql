-- The prompts and ends of turns that agents' hooks told, by the id that each hook gave its event:
-- one that was told and kept as well, or is read from the spool again after a crash, counts once.
CREATE TABLE hook_events (
    seq     INTEGER PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    event   TEXT NOT NULL,
    UNIQUE (session, event)
) STRICT;

CREATE INDEX messages_submitted ON messages (recipient, generation, seq)
    WHERE state IN ('submitted', 'answered');
