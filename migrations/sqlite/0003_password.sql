-- Passwords of offices: a name is never used again, so that it means one password for ever. Of one that was revoked the
-- row stays, and nothing that could check it. used is a day.
CREATE TABLE password (
    office TEXT NOT NULL REFERENCES office (id),
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER,
    used INTEGER,
    argon2 TEXT,
    salt BLOB,
    iterations INTEGER,
    stored_key BLOB,
    server_key BLOB,
    PRIMARY KEY (office, label)
) STRICT, WITHOUT ROWID;
