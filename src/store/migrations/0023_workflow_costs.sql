-- What a workflow's agent has cost in US dollars, as far as prices are known, and whether somebody
-- has spoken to it while it worked: then its result is nobody else's.
ALTER TABLE workflow_ops ADD COLUMN cost REAL NOT NULL DEFAULT 0;
ALTER TABLE workflow_ops ADD COLUMN tainted INTEGER NOT NULL DEFAULT 0;
