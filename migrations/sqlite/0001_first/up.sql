-- Conventions, the same in migrations/postgres:
--   identifiers    what users make: UUID version 7 as 16 bytes, which sort by creation and index in less than half
--                  the space of text; instruments and sources: numbers
--   exact numbers  decimal text: SQLite has no exact numeric type, and PostgreSQL's would add or drop zeros
--   dates          days since 1970-01-01
--   instants       microseconds since 1970-01-01 00:00 UTC

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT    NOT NULL UNIQUE,
    email         TEXT    UNIQUE,
    password_hash TEXT,
    role          TEXT    NOT NULL CHECK (role IN ('owner', 'member', 'reader')),
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

-- Only digests of tokens are stored: a stolen database opens no session.
CREATE TABLE sessions (
    token_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id      BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    address      TEXT    NOT NULL,
    user_agent   TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at DESC);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    scopes       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX api_tokens_of_user ON api_tokens (user_id, created_at DESC);

CREATE TABLE instruments (
    id                 INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    symbol             TEXT    NOT NULL UNIQUE,
    name               TEXT,
    kind               TEXT    NOT NULL,
    currency           TEXT    CHECK (length(currency) = 3),
    exchange           TEXT    NOT NULL,
    history_fetched_at INTEGER,
    -- Rises with every change to the instrument's prices, actions or quote.
    price_version      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE portfolios (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id        BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name           TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    base_currency  TEXT    NOT NULL CHECK (length(base_currency) = 3),
    cost_method    TEXT    NOT NULL,
    dividends      TEXT    NOT NULL,
    demo           INTEGER NOT NULL CHECK (demo IN (0, 1)),
    -- Rises with every change to the ledger or to these settings.
    ledger_version INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (user_id, name),
    -- Lets what hangs on a portfolio prove whose it is.
    UNIQUE (id, user_id)
) STRICT;

CREATE TABLE portfolio_benchmarks (
    portfolio_id BLOB    NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    symbol       TEXT    NOT NULL,
    PRIMARY KEY (portfolio_id, position),
    UNIQUE (portfolio_id, symbol)
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    portfolio_id BLOB    NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    file_name    TEXT    NOT NULL,
    format       TEXT    NOT NULL,
    sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
    inserted     INTEGER NOT NULL,
    duplicates   INTEGER NOT NULL,
    rejected     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    undone_at    INTEGER
) STRICT;
CREATE INDEX imports_of_portfolio ON imports (portfolio_id, created_at DESC);

CREATE TABLE transactions (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    portfolio_id  BLOB    NOT NULL,
    user_id       BLOB    NOT NULL,
    kind          TEXT    NOT NULL,
    trade_date    INTEGER NOT NULL,
    -- Recorded order within a day.
    sequence      INTEGER NOT NULL,
    instrument_id INTEGER REFERENCES instruments (id),
    quantity      TEXT    CHECK (quantity NOT GLOB '*[^-.0-9]*' AND quantity <> ''),
    price         TEXT    CHECK (price NOT GLOB '*[^-.0-9]*' AND price <> ''),
    amount        TEXT    CHECK (amount NOT GLOB '*[^-.0-9]*' AND amount <> ''),
    fee           TEXT    CHECK (fee NOT GLOB '*[^-.0-9]*' AND fee <> ''),
    tax           TEXT    CHECK (tax NOT GLOB '*[^-.0-9]*' AND tax <> ''),
    ratio_new     TEXT    CHECK (ratio_new NOT GLOB '*[^-.0-9]*' AND ratio_new <> ''),
    ratio_old     TEXT    CHECK (ratio_old NOT GLOB '*[^-.0-9]*' AND ratio_old <> ''),
    currency      TEXT    NOT NULL CHECK (length(currency) = 3),
    fx_rate       TEXT    CHECK (fx_rate NOT GLOB '*[^-.0-9]*' AND fx_rate <> ''),
    account       TEXT    NOT NULL,
    note          TEXT    NOT NULL,
    import_id     BLOB    REFERENCES imports (id) ON DELETE SET NULL,
    -- What two tellings of one transaction share, with the occurrence number of true twins.
    fingerprint   TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (portfolio_id, fingerprint),
    FOREIGN KEY (portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX transactions_in_ledger_order ON transactions (portfolio_id, trade_date, sequence, id);
CREATE INDEX transactions_of_user ON transactions (user_id, created_at DESC);
CREATE INDEX transactions_of_instrument ON transactions (instrument_id);
CREATE INDEX transactions_of_import ON transactions (import_id);

CREATE TABLE import_rows (
    import_id      BLOB    NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    -- Line in the file, counted from 1.
    line           INTEGER NOT NULL,
    outcome        TEXT    NOT NULL CHECK (outcome IN ('inserted', 'duplicate', 'rejected')),
    transaction_id BLOB    REFERENCES transactions (id) ON DELETE SET NULL,
    content        TEXT,
    reason         TEXT,
    PRIMARY KEY (import_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_rows_of_transaction ON import_rows (transaction_id);

-- Refers to nothing, so that it outlives what it tells about.
CREATE TABLE audit_log (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    portfolio_id BLOB,
    user_id      BLOB,
    at           INTEGER NOT NULL,
    action       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    subject_id   BLOB    NOT NULL,
    before       TEXT,
    after        TEXT
) STRICT;
CREATE INDEX audit_of_portfolio ON audit_log (portfolio_id, at DESC, id DESC);
CREATE INDEX audit_of_subject ON audit_log (subject_id, id);

CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
BEGIN
    SELECT raise(ABORT, 'the audit log is only ever added to');
END;
CREATE TRIGGER audit_log_is_never_shortened BEFORE DELETE ON audit_log
BEGIN
    SELECT raise(ABORT, 'the audit log is only ever added to');
END;

CREATE TABLE price_sources (
    id    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name  TEXT    NOT NULL UNIQUE,
    basis TEXT    NOT NULL CHECK (basis IN ('as-traded', 'split-adjusted'))
) STRICT;

-- One instrument's bars of one year from one source, as column chunks. What every page needs (days, closes) stands
-- apart from what few do (open, high, low, volume), so that reading closes reads a quarter of the bytes. The table
-- is its primary key: years of an instrument lie together, newest last.
CREATE TABLE price_chunks (
    instrument_id INTEGER NOT NULL REFERENCES instruments (id) ON DELETE CASCADE,
    year          INTEGER NOT NULL,
    source_id     INTEGER NOT NULL REFERENCES price_sources (id),
    closes        BLOB    NOT NULL,
    details       BLOB,
    PRIMARY KEY (instrument_id, year, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE corporate_actions (
    instrument_id INTEGER NOT NULL REFERENCES instruments (id) ON DELETE CASCADE,
    ex_date       INTEGER NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('split', 'cash-dividend', 'capital-gain')),
    source_id     INTEGER NOT NULL REFERENCES price_sources (id),
    ratio_new     TEXT,
    ratio_old     TEXT,
    amount        TEXT,
    currency      TEXT    CHECK (length(currency) = 3),
    PRIMARY KEY (instrument_id, ex_date, kind, source_id),
    CHECK (CASE kind WHEN 'split' THEN ratio_new IS NOT NULL AND ratio_old IS NOT NULL ELSE amount IS NOT NULL END)
) STRICT, WITHOUT ROWID;

CREATE TABLE quotes (
    instrument_id  INTEGER NOT NULL PRIMARY KEY REFERENCES instruments (id) ON DELETE CASCADE,
    price          TEXT    NOT NULL CHECK (price NOT GLOB '*[^-.0-9]*' AND price <> ''),
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    as_of          INTEGER NOT NULL,
    fetched_at     INTEGER NOT NULL,
    previous_close TEXT    CHECK (previous_close NOT GLOB '*[^-.0-9]*' AND previous_close <> ''),
    delay_minutes  INTEGER NOT NULL,
    source         TEXT    NOT NULL
) STRICT;

CREATE TABLE indices (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id       BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT    NOT NULL,
    base_currency TEXT    NOT NULL CHECK (length(base_currency) = 3),
    rebalancing   TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (user_id, name)
) STRICT;

CREATE TABLE index_components (
    index_id      BLOB    NOT NULL REFERENCES indices (id) ON DELETE CASCADE,
    instrument_id INTEGER NOT NULL REFERENCES instruments (id),
    weight        TEXT    NOT NULL CHECK (weight NOT GLOB '*[^-.0-9]*' AND weight <> ''),
    PRIMARY KEY (index_id, instrument_id)
) STRICT, WITHOUT ROWID;

-- Read newest first by walking the primary key backwards.
CREATE TABLE index_values (
    index_id BLOB    NOT NULL REFERENCES indices (id) ON DELETE CASCADE,
    date     INTEGER NOT NULL,
    value    REAL    NOT NULL,
    PRIMARY KEY (index_id, date)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_allocations (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL,
    portfolio_id BLOB    NOT NULL,
    -- In force from this day on.
    date         INTEGER NOT NULL,
    dimension    TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    weight       TEXT    NOT NULL CHECK (weight NOT GLOB '*[^-.0-9]*' AND weight <> ''),
    UNIQUE (portfolio_id, date, dimension, target),
    FOREIGN KEY (portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX target_allocations_of_user ON target_allocations (user_id, date);

CREATE TABLE jobs (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind             TEXT    NOT NULL,
    "key"            TEXT    NOT NULL,
    payload          TEXT    NOT NULL,
    priority         INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    state            TEXT    NOT NULL
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'dead', 'cancelled')),
    attempts         INTEGER NOT NULL,
    max_attempts     INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    run_at           INTEGER NOT NULL,
    started_at       INTEGER,
    finished_at      INTEGER,
    worker           TEXT,
    lease_until      INTEGER,
    cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    progress_done    INTEGER NOT NULL,
    progress_total   INTEGER NOT NULL,
    progress_note    TEXT,
    error            TEXT
) STRICT;
CREATE INDEX jobs_to_claim ON jobs (state, priority, run_at, id);
CREATE UNIQUE INDEX jobs_one_waiting_per_key ON jobs ("key") WHERE state = 'queued';
CREATE INDEX jobs_running_by_key ON jobs ("key") WHERE state = 'running';

CREATE TABLE notifications (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    severity   TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    link       TEXT,
    -- Two notifications of one user with the same key tell the same thing.
    "key"      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    read_at    INTEGER,
    UNIQUE (user_id, "key")
) STRICT;
CREATE INDEX notifications_of_user ON notifications (user_id, created_at DESC);

CREATE TABLE notification_rules (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id       BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    portfolio_id  BLOB    REFERENCES portfolios (id) ON DELETE CASCADE,
    instrument_id INTEGER REFERENCES instruments (id) ON DELETE CASCADE,
    kind          TEXT    NOT NULL,
    threshold     TEXT    CHECK (threshold NOT GLOB '*[^-.0-9]*' AND threshold <> ''),
    channel       TEXT    NOT NULL,
    destination   TEXT    NOT NULL,
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX notification_rules_of_user ON notification_rules (user_id);

CREATE TABLE settings (
    name       TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
