-- What the second version added to the first. It is what stands in people's vaults: never edit it.
ALTER TABLE identities ADD COLUMN retracted TEXT;
