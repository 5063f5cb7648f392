-- Mails and pushes say that there is something new, not what.
ALTER TABLE workspace ADD COLUMN bare_mails BIGINT NOT NULL DEFAULT 0; -- 1: they do
