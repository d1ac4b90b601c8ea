-- SHA-256 of the commands in `ao.toml` that a person has agreed to.
ALTER TABLE projects ADD COLUMN trusted TEXT;
-- 1: sessions that a start of the supervisor finds lost are started again.
ALTER TABLE projects ADD COLUMN restore INTEGER NOT NULL DEFAULT 0;
-- The mode of a relaunch that is under way.
ALTER TABLE sessions ADD COLUMN relaunch TEXT;
-- JSON: the times of the session's last launches, the newest last.
ALTER TABLE sessions ADD COLUMN starts TEXT NOT NULL DEFAULT '[]';
