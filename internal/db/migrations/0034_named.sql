-- The revision of the message that first named somebody: whom an edit names is told.
ALTER TABLE mentions ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
-- Whether a notice leaves its reader something to do, which muting the project does not
-- keep back.
ALTER TABLE notices ADD COLUMN needs BIGINT NOT NULL DEFAULT 0 CHECK (needs IN (0, 1));
UPDATE notices SET needs = 1 WHERE named = 1;
-- The revision of the message that the draft of an edit was begun with.
ALTER TABLE drafts ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
