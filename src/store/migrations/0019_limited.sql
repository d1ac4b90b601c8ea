-- Until when the model's side of an agent takes nothing more, as the failure of its last turn says; in
-- milliseconds since 1970.
ALTER TABLE sessions ADD COLUMN limited_until INTEGER;
