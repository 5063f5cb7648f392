-- What ends a person's access ends the links in their mails.
CREATE INDEX approval_links_person ON approval_links (person_id);
