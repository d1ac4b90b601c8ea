-- Every caller's ancestors are looked for among the hosts of living sessions.
CREATE INDEX sessions_by_host ON sessions (host_pid, host_start) WHERE over = 0;
