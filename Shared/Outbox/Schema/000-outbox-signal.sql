-- The relay is told after the commit: a transaction that notifies holds a lock of the whole server until its commit is
-- on disk, so such transactions never share a flush.
DROP TRIGGER outbox_notify ON outbox;
DROP FUNCTION outbox_notify();
