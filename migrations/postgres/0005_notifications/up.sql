-- How notifications go out: each to every destination once, not by night, and once for as long as something lasts.

CREATE TABLE notification_deliveries (
    id              BYTEA   NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    notification_id BYTEA   NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    channel         TEXT    NOT NULL,
    destination     TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    delivered_at    BIGINT,
    -- When it was given up.
    failed_at       BIGINT,
    -- Why it last failed.
    error           TEXT,
    UNIQUE (notification_id, channel, destination)
);

-- What lasts at present, such as a price above its target: told when it begins and not again until it has ended.
CREATE TABLE notification_conditions (
    user_id BYTEA   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    "key"   TEXT    NOT NULL,
    since   BIGINT  NOT NULL,
    PRIMARY KEY (user_id, "key")
);

-- When nothing is sent: from one minute of the day to another, by the clocks of a zone.
CREATE TABLE quiet_hours (
    user_id BYTEA   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    begins  INTEGER NOT NULL CHECK (begins BETWEEN 0 AND 1439),
    ends    INTEGER NOT NULL CHECK (ends BETWEEN 0 AND 1439),
    zone    TEXT    NOT NULL
);
