-- Sessions whose id is reserved and that wait for room.

ALTER TABLE sessions ADD COLUMN waits TEXT; -- JSON: why there is no room; NULL: it does not wait
CREATE INDEX sessions_waiting ON sessions (id) WHERE waits IS NOT NULL;
