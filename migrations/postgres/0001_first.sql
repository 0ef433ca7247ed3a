-- The first shape. Times are Unix milliseconds, ids sixteen bytes, choices words; what is a list is a JSON text.
-- migrations/sqlite says the same in SQLite's words: change both.

-- What an admin has enrolled. The version rises with each change, so that gateways know when to read anew.
CREATE TABLE directory (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);
INSERT INTO directory (one, version) VALUES (1, 0);

CREATE TABLE office (
    id TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE service (
    address TEXT COLLATE "C" PRIMARY KEY,
    office TEXT COLLATE "C" NOT NULL REFERENCES office (id),
    body TEXT NOT NULL
);

CREATE TABLE account (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'waiting', 'closed')),
    language TEXT NOT NULL,
    notices TEXT NOT NULL
);

-- The code is sealed; it is found by a keyed hash.
CREATE TABLE identity (
    hash BYTEA PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES account (id),
    sealed BYTEA NOT NULL
);

-- Named aliases in folded form, and opaque ones, which have no @.
CREATE TABLE alias (
    address TEXT COLLATE "C" PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL REFERENCES account (id)
);
CREATE INDEX alias_account ON alias (account);

-- A message as it arrived, for however many mailboxes. The octets stand in raw, or in the blob folder.
CREATE TABLE arrival (
    id BYTEA PRIMARY KEY,
    received BIGINT NOT NULL,
    size BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    reverse_path TEXT NOT NULL,
    office TEXT,
    peer TEXT NOT NULL,
    answers TEXT,
    blob TEXT,
    raw BYTEA
);
-- Mail is base64 and attachments compressed already: squeezing it again costs more than it saves.
ALTER TABLE arrival ALTER COLUMN raw SET STORAGE EXTERNAL;

-- A message in a mailbox. message_key is 64 bits of a hash of Message-ID: one narrow index finds the same message
-- again, the message that is answered, and whatever a Message-ID in a trace names.
CREATE TABLE record (
    id BYTEA NOT NULL,
    arrival BYTEA NOT NULL REFERENCES arrival (id),
    account TEXT COLLATE "C" NOT NULL,
    office TEXT COLLATE "C",
    conversation BYTEA NOT NULL,
    kind TEXT NOT NULL,
    case_reference TEXT,
    subject TEXT NOT NULL,
    from_name TEXT,
    from_address TEXT NOT NULL,
    date BIGINT NOT NULL,
    received BIGINT NOT NULL,
    due TEXT,
    reply_allowed BIGINT NOT NULL,
    message_id TEXT,
    attachments BIGINT NOT NULL,
    size BIGINT NOT NULL,
    auto_submitted BIGINT NOT NULL,
    read_at BIGINT,
    message_key BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX record_message ON record (message_key, fingerprint);
CREATE UNIQUE INDEX record_id ON record (id);
CREATE INDEX record_arrival ON record (arrival);
CREATE INDEX record_conversation ON record (conversation, id);

CREATE TABLE reply (
    id BYTEA PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    record BYTEA NOT NULL,
    conversation BYTEA NOT NULL,
    office TEXT COLLATE "C" NOT NULL,
    written BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX reply_record ON reply (record);
CREATE INDEX reply_conversation ON reply (conversation, id);

CREATE TABLE reply_file (
    reply BYTEA NOT NULL REFERENCES reply (id),
    number BIGINT NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob TEXT,
    bytes BYTEA,
    PRIMARY KEY (reply, number)
);
ALTER TABLE reply_file ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- A way out. due is when it may be claimed: the next attempt, or the end of the lease of who is sending it.
CREATE TABLE outbox (
    id BYTEA PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('reply', 'notice')),
    reply BYTEA REFERENCES reply (id),
    record BYTEA,
    office TEXT COLLATE "C" NOT NULL,
    language TEXT NOT NULL,
    addresses TEXT NOT NULL,
    address BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    queued BIGINT NOT NULL,
    since BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'unsure')),
    held BIGINT NOT NULL,
    due BIGINT,
    fence BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    last TEXT,
    last_status TEXT
);
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
CREATE INDEX outbox_reply ON outbox (reply) WHERE reply IS NOT NULL;
CREATE INDEX outbox_record ON outbox (record) WHERE record IS NOT NULL;

-- A delivery report that came at the return path of an outbox item.
CREATE TABLE report (
    arrival BYTEA NOT NULL REFERENCES arrival (id),
    outbox BYTEA NOT NULL,
    finding TEXT NOT NULL,
    message_id TEXT,
    message_key BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (message_key, fingerprint)
);
CREATE INDEX report_outbox ON report (outbox);
CREATE INDEX report_arrival ON report (arrival);

-- What became of each message: a chain for each gateway.
CREATE TABLE event (
    node TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (node, number)
);
CREATE INDEX event_subject ON event (subject);

-- Bearer tokens and sessions: only a hash of the secret is kept. Without an account, it is an admin's.
CREATE TABLE token (
    hash BYTEA PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('token', 'session')),
    account TEXT COLLATE "C",
    created BIGINT NOT NULL,
    expires BIGINT
);

-- How many messages shared one sync, since the first day of each gateway.
CREATE TABLE door (
    node TEXT COLLATE "C" PRIMARY KEY,
    messages BIGINT NOT NULL,
    syncs BIGINT NOT NULL
);
