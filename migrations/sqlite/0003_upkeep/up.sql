-- What keeping an instrument's prices fresh has to remember over restarts, and for other processes.
CREATE TABLE upkeep (
    instrument_id     INTEGER NOT NULL PRIMARY KEY REFERENCES instruments (id) ON DELETE CASCADE,
    -- When its newest closes were last told.
    closes_fetched_at INTEGER,
    -- When its history was last told whole.
    verified_at       INTEGER,
    -- Since when the told closes do not continue the stored ones.
    doubted_at        INTEGER,
    -- Since when, and when last, a whole history was refused because it contradicts the stored one.
    refused_since     INTEGER,
    refused_at        INTEGER,
    -- The day on which it is expected to go ex-dividend.
    ex_date           INTEGER
) STRICT;
