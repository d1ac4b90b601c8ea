-- Whether the recipient's turn is stopped for a message: `wanted`, or what came of it.
ALTER TABLE messages ADD COLUMN interrupt TEXT;
CREATE INDEX messages_interrupting ON messages (recipient, seq)
    WHERE interrupt = 'wanted' AND state IN ('queued', 'delivering');
