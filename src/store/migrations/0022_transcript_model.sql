-- The model that what follows in a transcript was asked of, where only an earlier line says so.
ALTER TABLE transcripts ADD COLUMN model TEXT;
