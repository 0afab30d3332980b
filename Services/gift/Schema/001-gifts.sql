CREATE SEQUENCE gifts_id AS bigint;

-- What is known here of rewards, from reward's events: of each the newest version that has arrived.
CREATE TABLE rewards (
    id          bigint PRIMARY KEY,
    version     bigint NOT NULL,
    mission_id  bigint NOT NULL,
    customer_id bigint NOT NULL CHECK (customer_id > 0),
    gift_id     bigint,
    status      text   NOT NULL CHECK (status IN ('Allocated', 'Exchanged', 'Used', 'Revoked'))
) WITH (fillfactor = 80);
CREATE INDEX rewards_mission ON rewards (mission_id);

CREATE TABLE gifts (
    id              bigint      PRIMARY KEY,
    version         bigint      NOT NULL,
    reward_id       bigint      NOT NULL,
    mission_id      bigint      NOT NULL,
    customer_id     bigint      NOT NULL CHECK (customer_id > 0),
    name            text,
    status          text        NOT NULL CHECK (status IN ('Exchanged', 'Used', 'Cancelled')),
    -- Reward has bound the reward to this gift.
    is_confirmed    boolean     NOT NULL,
    -- What became of telling the customer. Written as Pending in the commit that makes or uses the gift.
    exchange_notice text        NOT NULL,
    use_notice      text,
    -- After this time a notice that is still pending was forgotten by whoever had to see to it.
    notice_due      timestamptz,
    -- The request that changed it last, for what is told later on its account.
    correlation_id  text        NOT NULL,
    trace           text        NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CHECK (status <> 'Used' OR is_confirmed),
    CHECK (status <> 'Cancelled' OR NOT is_confirmed),
    CHECK ((notice_due IS NOT NULL)
           = (exchange_notice = 'Pending' OR use_notice IS NOT DISTINCT FROM 'Pending'))
) WITH (fillfactor = 70);

-- Exactly one live gift for each reward, for ever: the permanent key behind the inbox and the idempotency keys.
CREATE UNIQUE INDEX gifts_live ON gifts (reward_id) WHERE status <> 'Cancelled';
CREATE INDEX gifts_reward ON gifts (reward_id, id);
CREATE INDEX gifts_customer ON gifts (customer_id, id);
CREATE INDEX gifts_status ON gifts (status, id) WHERE status <> 'Exchanged';
CREATE INDEX gifts_notice_due ON gifts (notice_due) WHERE notice_due IS NOT NULL;
