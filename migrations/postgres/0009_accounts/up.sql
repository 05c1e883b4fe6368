-- What sign-in needs besides users, sessions and tokens.

-- Of the installation there is one owner, however many processes begin at once.
CREATE UNIQUE INDEX users_one_owner ON users (role) WHERE role = 'owner';

-- A portfolio shown to whoever has the link. Only the digest of its token is stored.
CREATE TABLE share_links (
    id           BYTEA   NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    portfolio_id BYTEA   NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    token_hash   BYTEA   NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT
);
CREATE INDEX share_links_of_portfolio ON share_links (portfolio_id);

-- Attempts to sign in that did not succeed, of an account or from an address. Its name is a digest.
CREATE TABLE sign_in_failures (
    subject       BYTEA   NOT NULL PRIMARY KEY CHECK (octet_length(subject) = 32),
    failures      INTEGER NOT NULL,
    last_at       BIGINT  NOT NULL,
    blocked_until BIGINT  NOT NULL
);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_at);
