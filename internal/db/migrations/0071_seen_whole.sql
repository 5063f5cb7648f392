-- How much of a version can be looked at without the file itself. It is whole when
-- nothing of it is left out of what is made, or will be made: a text is not cut, and a
-- document has no more pages than are drawn. next_page is the page of a document that is
-- drawn next, 0 when no other is.
ALTER TABLE versions ADD COLUMN whole BIGINT NOT NULL DEFAULT 0;
ALTER TABLE versions ADD COLUMN next_page BIGINT NOT NULL DEFAULT 0;
CREATE INDEX versions_next_page ON versions (id) WHERE next_page > 0;

-- Of longer texts that is not known yet: they are looked at once more.
UPDATE versions SET whole = 1
 WHERE kind IN ('image', 'svg') OR kind IN ('pdf', 'office') AND pages BETWEEN 1 AND 200 OR kind IN ('text', 'code', 'markdown') AND size <= 3000;
UPDATE versions SET preview = 'waiting' WHERE kind IN ('text', 'code', 'markdown', 'csv') AND whole = 0;

-- Of some documents pages in between are missing, where drawing was broken off.
UPDATE versions SET next_page = COALESCE((
       SELECT MIN(l.page) + 1 FROM previews l WHERE l.version_id = versions.id AND l.kind = 'page'
          AND NOT EXISTS (SELECT 1 FROM previews n WHERE n.version_id = l.version_id AND n.kind = 'page' AND n.page = l.page + 1)), 0)
 WHERE kind IN ('pdf', 'office') AND whole = 1;
UPDATE versions SET next_page = 0 WHERE next_page > pages;
