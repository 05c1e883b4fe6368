-- Files that somebody looks at before they come into a ledger, and how files in no known form are read.

CREATE TABLE import_drafts (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    portfolio_id BLOB    NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    file_name    TEXT    NOT NULL,
    sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
    content      BLOB    NOT NULL,
    -- What was chosen for the file, as JSON.
    choices      TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX import_drafts_of_portfolio ON import_drafts (portfolio_id);
CREATE INDEX import_drafts_by_expiry ON import_drafts (expires_at);

CREATE TABLE import_mappings (
    user_id      BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A digest of the columns' names.
    "key"        TEXT    NOT NULL,
    -- The names of the columns and what they hold, as JSON.
    header       TEXT    NOT NULL,
    mapping      TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    used_at      INTEGER NOT NULL,
    PRIMARY KEY (user_id, "key")
) STRICT;

-- What a file states beside transactions, and the names of its columns, as JSON.
ALTER TABLE imports ADD COLUMN stated TEXT;
