-- The first shape. Times are Unix milliseconds, ids sixteen bytes, choices words; what is a list is a JSON text.
-- migrations/postgres says the same in PostgreSQL's words: change both.

-- What an admin has enrolled. The version rises with each change, so that gateways know when to read anew.
CREATE TABLE directory (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO directory (one, version) VALUES (1, 0);

CREATE TABLE office (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE service (
    address TEXT PRIMARY KEY,
    office TEXT NOT NULL REFERENCES office (id),
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'waiting', 'closed')),
    language TEXT NOT NULL,
    notices TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The code is sealed; it is found by a keyed hash.
CREATE TABLE identity (
    hash BLOB PRIMARY KEY,
    account TEXT NOT NULL UNIQUE REFERENCES account (id),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Named aliases in folded form, and opaque ones, which have no @.
CREATE TABLE alias (
    address TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_account ON alias (account);

-- A message as it arrived, for however many mailboxes. The octets stand in raw, or in the blob folder.
CREATE TABLE arrival (
    id BLOB PRIMARY KEY,
    received INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    reverse_path TEXT NOT NULL,
    office TEXT,
    peer TEXT NOT NULL,
    answers TEXT,
    blob TEXT,
    raw BLOB
) STRICT;

-- A message in a mailbox. message_key is 64 bits of a hash of Message-ID: one narrow index finds the same message
-- again, the message that is answered, and whatever a Message-ID in a trace names.
CREATE TABLE record (
    id BLOB NOT NULL,
    arrival BLOB NOT NULL REFERENCES arrival (id),
    account TEXT NOT NULL,
    office TEXT,
    conversation BLOB NOT NULL,
    kind TEXT NOT NULL,
    case_reference TEXT,
    subject TEXT NOT NULL,
    from_name TEXT,
    from_address TEXT NOT NULL,
    date INTEGER NOT NULL,
    received INTEGER NOT NULL,
    due TEXT,
    reply_allowed INTEGER NOT NULL,
    message_id TEXT,
    attachments INTEGER NOT NULL,
    size INTEGER NOT NULL,
    auto_submitted INTEGER NOT NULL,
    read_at INTEGER,
    message_key INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX record_message ON record (message_key, fingerprint);
CREATE UNIQUE INDEX record_id ON record (id);
CREATE INDEX record_arrival ON record (arrival);
CREATE INDEX record_conversation ON record (conversation, id);

CREATE TABLE reply (
    id BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    record BLOB NOT NULL,
    conversation BLOB NOT NULL,
    office TEXT NOT NULL,
    written INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX reply_record ON reply (record);
CREATE INDEX reply_conversation ON reply (conversation, id);

CREATE TABLE reply_file (
    reply BLOB NOT NULL REFERENCES reply (id),
    number INTEGER NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    blob TEXT,
    bytes BLOB,
    PRIMARY KEY (reply, number)
) STRICT;

-- A way out. due is when it may be claimed: the next attempt, or the end of the lease of who is sending it.
CREATE TABLE outbox (
    id BLOB PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('reply', 'notice')),
    reply BLOB REFERENCES reply (id),
    record BLOB,
    office TEXT NOT NULL,
    language TEXT NOT NULL,
    addresses TEXT NOT NULL,
    address INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    queued INTEGER NOT NULL,
    since INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'unsure')),
    held INTEGER NOT NULL,
    due INTEGER,
    fence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    last TEXT,
    last_status TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
CREATE INDEX outbox_reply ON outbox (reply) WHERE reply IS NOT NULL;
CREATE INDEX outbox_record ON outbox (record) WHERE record IS NOT NULL;

-- A delivery report that came at the return path of an outbox item.
CREATE TABLE report (
    arrival BLOB NOT NULL REFERENCES arrival (id),
    outbox BLOB NOT NULL,
    finding TEXT NOT NULL,
    message_id TEXT,
    message_key INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (message_key, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_outbox ON report (outbox);
CREATE INDEX report_arrival ON report (arrival);

-- What became of each message: a chain for each gateway.
CREATE TABLE event (
    node TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (node, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_subject ON event (subject);

-- Bearer tokens and sessions: only a hash of the secret is kept. Without an account, it is an admin's.
CREATE TABLE token (
    hash BLOB PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('token', 'session')),
    account TEXT,
    created INTEGER NOT NULL,
    expires INTEGER
) STRICT, WITHOUT ROWID;

-- How many messages shared one sync, since the first day of each gateway.
CREATE TABLE door (
    node TEXT PRIMARY KEY,
    messages INTEGER NOT NULL,
    syncs INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
