-- By which way a message goes or went, and the hook's event whose answer carries it.
ALTER TABLE messages ADD COLUMN channel TEXT;
ALTER TABLE messages ADD COLUMN hook_event TEXT;

-- What an agent has said of its hooks when its session started.
CREATE TABLE hook_channels (
    session    TEXT PRIMARY KEY REFERENCES sessions (id),
    generation INTEGER NOT NULL,
    boundaries TEXT NOT NULL, -- words with blanks between them: tool, turn
    transcript TEXT
) STRICT;
