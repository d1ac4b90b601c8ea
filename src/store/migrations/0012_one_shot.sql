-- JSON: what the one task of a headless session is to come to; NULL for a session that goes on.
ALTER TABLE sessions ADD COLUMN one_shot TEXT;
