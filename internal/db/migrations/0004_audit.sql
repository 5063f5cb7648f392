-- The network address that an event came from, for the audit log; empty where
-- nobody asked over a network. It is in the event's hash when it is not empty,
-- so that the hashes of before hold.
ALTER TABLE events ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- What the audit log is looked through by.
CREATE INDEX events_actor ON events (actor, id);
CREATE INDEX events_kind ON events (kind, id);
CREATE INDEX events_address ON events (address, id);
