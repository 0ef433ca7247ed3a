-- Passwords of offices: a name is never used again, so that it means one password for ever. Of one that was revoked the
-- row stays, and nothing that could check it. used is a day.
CREATE TABLE password (
    office TEXT COLLATE "C" NOT NULL REFERENCES office (id),
    label TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT,
    used BIGINT,
    argon2 TEXT,
    salt BYTEA,
    iterations BIGINT,
    stored_key BYTEA,
    server_key BYTEA,
    PRIMARY KEY (office, label)
);
