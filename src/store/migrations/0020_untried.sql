-- The version that the program of the launch's agent says, if nobody has tried it.
ALTER TABLE sessions ADD COLUMN untried_version TEXT;
