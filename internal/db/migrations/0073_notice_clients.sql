-- Of which client a notice is, as its event; empty: of none. Somebody of several reads
-- those of one at a time, however many there are of another.
ALTER TABLE notices ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
UPDATE notices SET client_id = COALESCE((SELECT e.client_id FROM events e WHERE e.id = notices.event_id), '');
CREATE INDEX notices_client ON notices (person_id, client_id, id) WHERE listed = 1;
CREATE INDEX notices_client_unread ON notices (person_id, client_id, id) WHERE listed = 1 AND read_at IS NULL;
