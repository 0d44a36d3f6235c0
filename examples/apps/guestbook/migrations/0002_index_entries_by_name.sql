-- Migration number: 0002
CREATE INDEX IF NOT EXISTS entries_by_name ON entries (name);
