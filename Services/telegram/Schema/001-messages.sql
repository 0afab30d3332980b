-- Which chat a customer is reached in; without a chat the link was taken away. The id is the customer's.
CREATE TABLE chats (
    id         bigint      PRIMARY KEY CHECK (id > 0),
    version    bigint      NOT NULL,
    chat_id    bigint      CHECK (chat_id <> 0),
    updated_at timestamptz NOT NULL
);
CREATE INDEX chats_chat ON chats (chat_id) WHERE chat_id IS NOT NULL;

CREATE TABLE messages (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version        bigint      NOT NULL DEFAULT 1,
    key            text        NOT NULL UNIQUE,
    mission_id     bigint,
    gift_id        bigint,
    customer_id    bigint      NOT NULL CHECK (customer_id > 0),
    text           text        NOT NULL,
    status         text        NOT NULL
                   CHECK (status IN ('Queued', 'Sent', 'Failed', 'Blocked', 'Uncertain', 'Unlinked')),
    reason         text,
    correlation_id text        NOT NULL,
    trace          text        NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    -- Where it is queued; what is claimed stays with its chat until the outcome is in.
    chat_id        bigint,
    -- Parts of a long text that have been delivered.
    parts_sent     integer     NOT NULL DEFAULT 0,
    -- Attempts that the Bot API answered with an error of its own.
    attempts       integer     NOT NULL DEFAULT 0,
    -- Set and committed before a request goes out, taken away with its outcome.
    claim          uuid,
    CHECK (status <> 'Queued' OR chat_id IS NOT NULL),
    CHECK (claim IS NULL OR status = 'Queued')
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- The head of a chat's queue.
CREATE INDEX messages_queue ON messages (chat_id, id) WHERE status = 'Queued';
CREATE INDEX messages_customer ON messages (customer_id, id);
CREATE INDEX messages_mission ON messages (mission_id, id) WHERE mission_id IS NOT NULL;
CREATE INDEX messages_gift ON messages (gift_id, id) WHERE gift_id IS NOT NULL;
CREATE INDEX messages_status ON messages (status, id) WHERE status <> 'Sent';

-- One row a chat: it lets one message at a time through, and not too early.
CREATE TABLE lanes (
    chat_id     bigint      PRIMARY KEY,
    -- No message goes to the chat before this time.
    ready_at    timestamptz NOT NULL,
    -- False only when nothing is queued for the chat.
    is_waiting  boolean     NOT NULL,
    -- The message under way, who sends it, and when the others stop waiting for the outcome.
    message_id  bigint,
    claim       uuid,
    claimed_by  text,
    lease_until timestamptz,
    CHECK ((claim IS NULL) = (lease_until IS NULL)),
    CHECK ((claim IS NULL) = (message_id IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX lanes_ready ON lanes (ready_at) WHERE is_waiting AND claim IS NULL;
CREATE INDEX lanes_leases ON lanes (lease_until) WHERE claim IS NOT NULL;

-- The budget of the one token, shared by all replicas.
CREATE TABLE limiter (
    id             integer          PRIMARY KEY CHECK (id = 1),
    tokens         double precision NOT NULL,
    refilled_at    timestamptz      NOT NULL,
    blocked_until  timestamptz,
    suspects       bigint[]         NOT NULL,
    suspected_at   timestamptz,
    probe_at       timestamptz,
    probe_failures integer          NOT NULL,
    trouble        text
) WITH (fillfactor = 10);
INSERT INTO limiter (id, tokens, refilled_at, suspects, probe_failures) VALUES (1, 0, now(), '{}', 0);

-- Link codes that have been used; the code's own end bounds how long a row is needed.
CREATE TABLE used_link_codes (
    nonce      bigint      PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_link_codes_expires_at ON used_link_codes (expires_at);
