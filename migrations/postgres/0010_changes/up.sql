-- What was done at once, so that it can be undone at once. Records of before do not say.
ALTER TABLE audit_log ADD COLUMN change_id BYTEA;
CREATE INDEX audit_of_change ON audit_log (change_id) WHERE change_id IS NOT NULL;
