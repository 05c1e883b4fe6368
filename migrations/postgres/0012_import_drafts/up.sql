-- Files that somebody looks at before they come into a ledger, and how files in no known form are read.

CREATE TABLE import_drafts (
    id           BYTEA   NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    portfolio_id BYTEA   NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    file_name    TEXT    NOT NULL,
    sha256       BYTEA   NOT NULL CHECK (octet_length(sha256) = 32),
    content      BYTEA   NOT NULL,
    -- What was chosen for the file, as JSON.
    choices      TEXT    NOT NULL,
    version      BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL
);
CREATE INDEX import_drafts_of_portfolio ON import_drafts (portfolio_id);
CREATE INDEX import_drafts_by_expiry ON import_drafts (expires_at);

CREATE TABLE import_mappings (
    user_id      BYTEA   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A digest of the columns' names.
    "key"        TEXT    NOT NULL,
    -- The names of the columns and what they hold, as JSON.
    header       TEXT    NOT NULL,
    mapping      TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    used_at      BIGINT  NOT NULL,
    PRIMARY KEY (user_id, "key")
);

-- What a file states beside transactions, and the names of its columns, as JSON.
ALTER TABLE imports ADD COLUMN stated TEXT;
