-- The fields that the gateway adds on top of a message: Received and Authentication-Results.
ALTER TABLE arrival ADD COLUMN trace TEXT NOT NULL DEFAULT '';
