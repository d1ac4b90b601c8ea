-- The session in which a workflow's agent runs; NULL: it is a command without one.
ALTER TABLE workflow_ops ADD COLUMN session TEXT;
