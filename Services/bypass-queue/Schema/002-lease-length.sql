-- How long an owner's lease is, so that other replicas can wait for it on clocks of their own: lease_until only shows
-- them signs of life, and tells an operator when the next one is due at the latest. NULL: an owner of an earlier version.
ALTER TABLE owners ADD COLUMN lease_ms bigint;
