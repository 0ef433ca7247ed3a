-- The signatures that held on each kept message, by mailbox: a message that only its signature proves is looked for here,
-- since whoever carries it can change everything else about it.
CREATE TABLE signature (
    fingerprint BLOB NOT NULL,
    account TEXT NOT NULL,
    arrival BLOB NOT NULL,
    PRIMARY KEY (fingerprint, account)
) STRICT, WITHOUT ROWID;
