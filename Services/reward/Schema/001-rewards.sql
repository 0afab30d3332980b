CREATE SEQUENCE rewards_id AS bigint;

CREATE TABLE rewards (
    id          bigint      PRIMARY KEY,
    version     bigint      NOT NULL,
    -- One reward for each achieved mission, for ever: the permanent key behind the inbox.
    mission_id  bigint      NOT NULL UNIQUE,
    customer_id bigint      NOT NULL CHECK (customer_id > 0),
    gift_id     bigint,
    status      text        NOT NULL CHECK (status IN ('Allocated', 'Exchanged', 'Used', 'Revoked')),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX rewards_customer ON rewards (customer_id, id);
CREATE INDEX rewards_status ON rewards (status, id) WHERE status <> 'Allocated';
