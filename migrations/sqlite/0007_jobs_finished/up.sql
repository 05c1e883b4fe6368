-- What ended lately is counted, and what ended long ago taken away, without reading all that ever ran.

CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;
