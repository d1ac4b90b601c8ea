-- Each question that is asked of a recipient's messages again and again has an index that holds
-- its answer, so that neither a long queue nor a long history makes it dearer.
DROP INDEX messages_waiting;
DROP INDEX messages_written;
CREATE INDEX messages_waiting ON messages (recipient, state, reason)
    WHERE state IN ('queued', 'delivering');
CREATE INDEX messages_next ON messages (recipient, seq)
    WHERE state IN ('queued', 'delivering') AND policy <> 'on_demand' AND reason IS NOT 'ping_pong';
CREATE INDEX messages_written ON messages (recipient, state, seq)
    WHERE state IN ('written', 'uncertain');
CREATE INDEX messages_on_demand ON messages (recipient, seq)
    WHERE state = 'queued' AND policy = 'on_demand';
