-- How notifications go out: each to every destination once, not by night, and once for as long as something lasts.

CREATE TABLE notification_deliveries (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    notification_id BLOB    NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    channel         TEXT    NOT NULL,
    destination     TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    delivered_at    INTEGER,
    -- When it was given up.
    failed_at       INTEGER,
    -- Why it last failed.
    error           TEXT,
    UNIQUE (notification_id, channel, destination)
) STRICT;

-- What lasts at present, such as a price above its target: told when it begins and not again until it has ended.
CREATE TABLE notification_conditions (
    user_id BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    "key"   TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (user_id, "key")
) STRICT, WITHOUT ROWID;

-- When nothing is sent: from one minute of the day to another, by the clocks of a zone.
CREATE TABLE quiet_hours (
    user_id BLOB    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    begins  INTEGER NOT NULL CHECK (begins BETWEEN 0 AND 1439),
    ends    INTEGER NOT NULL CHECK (ends BETWEEN 0 AND 1439),
    zone    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
