-- Sign-in by an OpenID Connect provider.

-- As whom somebody whom a provider knows signs in here. Without a user they stay out until they are linked again: their
-- account was removed, or they were unlinked.
CREATE TABLE oidc_identities (
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    user_id   BLOB    REFERENCES users (id) ON DELETE SET NULL,
    -- What the provider calls them.
    name      TEXT    NOT NULL,
    linked_at INTEGER NOT NULL,
    used_at   INTEGER,
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE UNIQUE INDEX oidc_identities_of_user ON oidc_identities (user_id, issuer);

-- Sign-ins that went out to a provider and are to come back once, known by the digest of what the browser keeps.
CREATE TABLE oidc_sign_ins (
    browser    BLOB    NOT NULL PRIMARY KEY CHECK (length(browser) = 32),
    -- Who, being signed in, has themselves linked.
    user_id    BLOB    REFERENCES users (id) ON DELETE CASCADE,
    next_page  TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX oidc_sign_ins_by_expiry ON oidc_sign_ins (expires_at);
CREATE INDEX oidc_sign_ins_of_user ON oidc_sign_ins (user_id);
