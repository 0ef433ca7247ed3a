-- What opened a sealed message (S/MIME) at the door, and what was said there of its signature: sealed with the gateway's
-- own key, so that the message stays readable when the key that it was encrypted to is gone.
ALTER TABLE arrival ADD COLUMN seals BLOB;
