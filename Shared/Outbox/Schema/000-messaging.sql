-- Events that are committed and not yet published. The row's shape is that of Debezium's event router.
CREATE TABLE outbox (
    seq           bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    id            uuid        NOT NULL,
    aggregatetype text        NOT NULL,
    aggregateid   bigint      NOT NULL,
    type          text        NOT NULL,
    key           text        NOT NULL,
    payload       json        NOT NULL,
    headers       json        NOT NULL,
    created_at    timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Wakes the relay at commit; several inserts of one transaction make one notification.
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();

-- Ids of the events that have taken effect; kept for some days.
CREATE TABLE inbox (
    id          uuid        PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_received_at ON inbox (received_at);

-- The first outcome of each write that came with an Idempotency-Key; committed with the write itself.
CREATE TABLE idempotency_keys (
    route       text        NOT NULL,
    caller      text        NOT NULL,
    key         text        NOT NULL,
    body_digest bytea       NOT NULL,
    outcome     json        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (route, caller, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
