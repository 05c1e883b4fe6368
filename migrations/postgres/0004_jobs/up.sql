-- What background work shows while it runs, and the files that it reads and makes.

-- More of how far a job came, as JSON whose form is its kind's own.
ALTER TABLE jobs ADD COLUMN progress_detail TEXT;
CREATE INDEX jobs_by_key ON jobs ("key", id);

CREATE TABLE job_files (
    id         BYTEA   NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    content    BYTEA   NOT NULL,
    created_at BIGINT  NOT NULL
);
