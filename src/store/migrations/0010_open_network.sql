-- Whether the sandboxes of a project's agents may reach the network, and with that ao's socket.
ALTER TABLE projects ADD COLUMN open_network INTEGER NOT NULL DEFAULT 0;
