-- By which address a message came to this mailbox, as a keyed hash: the citizen is shown that one and nobody else's.
ALTER TABLE record ADD COLUMN addressed TEXT NOT NULL DEFAULT '';
