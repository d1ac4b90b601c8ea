-- The agent that has taken a prompt in the session's conversation; null while none has, for then there is
-- nothing that could be resumed.
ALTER TABLE sessions ADD COLUMN conversation_of TEXT;
UPDATE sessions SET conversation_of = agent WHERE conversation IS NOT NULL;
