-- The last word of each source about what an agent does: a JSON list, the best of which is the activity.
ALTER TABLE sessions ADD COLUMN signals TEXT NOT NULL DEFAULT '[]';
