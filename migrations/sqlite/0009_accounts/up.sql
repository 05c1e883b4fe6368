-- What sign-in needs besides users, sessions and tokens.

-- Of the installation there is one owner, however many processes begin at once.
CREATE UNIQUE INDEX users_one_owner ON users (role) WHERE role = 'owner';

-- A portfolio shown to whoever has the link. Only the digest of its token is stored.
CREATE TABLE share_links (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    portfolio_id BLOB    NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER
) STRICT;
CREATE INDEX share_links_of_portfolio ON share_links (portfolio_id);

-- Attempts to sign in that did not succeed, of an account or from an address. Its name is a digest.
CREATE TABLE sign_in_failures (
    subject       BLOB    NOT NULL PRIMARY KEY CHECK (length(subject) = 32),
    failures      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_at);
