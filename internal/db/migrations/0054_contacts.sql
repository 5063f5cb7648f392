-- Whose contact somebody is.
CREATE INDEX clients_contact ON clients (contact_id) WHERE contact_id IS NOT NULL;
