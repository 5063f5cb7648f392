-- The conversations of a client, the one with the newest message first, and how far each goes.
DROP INDEX threads_client;
CREATE INDEX threads_client ON threads (client_id, shown_at, id, shown_seq) WHERE kind <> 'item';
