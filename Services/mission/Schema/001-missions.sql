CREATE SEQUENCE missions_id AS bigint;

CREATE TABLE missions (
    id               bigint      PRIMARY KEY,
    version          bigint      NOT NULL,
    customer_id      bigint      NOT NULL CHECK (customer_id > 0),
    title            text,
    status           text        NOT NULL CHECK (status IN ('Created', 'Achieved', 'RewardAllocated')),
    reward_id        bigint,
    telegram_id      bigint,
    telegram_status  text,
    telegram_version bigint      NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CHECK ((status = 'RewardAllocated') = (reward_id IS NOT NULL))
) WITH (fillfactor = 80);

CREATE INDEX missions_customer ON missions (customer_id, id);
CREATE INDEX missions_status ON missions (status, id) WHERE status <> 'RewardAllocated';
