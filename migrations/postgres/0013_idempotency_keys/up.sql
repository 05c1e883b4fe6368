-- Requests that are carried out once however often they are sent, by the key that their sender gave them. What they were
-- answered is kept for a day; without a status they are being carried out, or were when their process ended.
CREATE TABLE idempotency_keys (
    user_id  BYTEA   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key      TEXT    NOT NULL,
    request  BYTEA   NOT NULL CHECK (octet_length(request) = 32),
    begun_at BIGINT  NOT NULL,
    status   INTEGER,
    headers  TEXT,
    body     BYTEA,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (begun_at);
