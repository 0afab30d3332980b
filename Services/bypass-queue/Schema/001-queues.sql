-- Replicas that own groups. Whoever has no row here owns nothing, so removing the row is what fences a replica out:
-- its writes lock it (FOR KEY SHARE) for as long as their transaction lasts.
CREATE SEQUENCE owner_ids AS bigint;
CREATE TABLE owners (
    id          bigint      PRIMARY KEY,
    name        text        NOT NULL,
    lease_until timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- A group: its settings, its counter, who works on it, and what is known of the message at its head.
CREATE TABLE groups (
    id                bigint      GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    name              text        NOT NULL UNIQUE,
    version           bigint      NOT NULL DEFAULT 1,
    -- Whether somebody has set the settings with PUT; a first message makes a group too.
    is_configured     boolean     NOT NULL DEFAULT false,
    callback_url      text,
    policy            text        NOT NULL DEFAULT 'block' CHECK (policy IN ('block', 'dead-letter')),
    retry_window_ms   bigint,
    timeout_ms        bigint,
    order_window_ms   bigint      NOT NULL DEFAULT 0,
    secret            text        NOT NULL,
    previous_secret   text,
    previous_until    timestamptz,
    -- Whether an ordering window was ever closed, so that sequences may differ from the order of ids.
    uses_order        boolean     NOT NULL DEFAULT false,

    -- The number of the latest message; messages take theirs with this row locked until their commit.
    last_sequence     bigint      NOT NULL DEFAULT 0,
    -- Every message up to this number is done; follows within a second or two.
    done_sequence     bigint      NOT NULL DEFAULT 0,
    -- Counts what the owner must look at: settings, pause, resume, retry, skip.
    revision          bigint      NOT NULL DEFAULT 0,

    owner             bigint,
    epoch             bigint      NOT NULL DEFAULT 0,
    is_waiting        boolean     NOT NULL DEFAULT false,
    paused            boolean     NOT NULL DEFAULT false,
    blocked           boolean     NOT NULL DEFAULT false,

    -- Of the message head_id, while it is the first: attempts made, when the first was, when the next is due, how many
    -- events have told of it, and what went wrong last.
    head_id           bigint,
    head_attempts     integer     NOT NULL DEFAULT 0,
    head_first_at     timestamptz,
    head_next_at      timestamptz,
    head_events       integer     NOT NULL DEFAULT 0,
    head_reason       text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

CREATE INDEX groups_free ON groups (id) WHERE owner IS NULL AND is_waiting AND NOT paused AND NOT blocked;
CREATE INDEX groups_owner ON groups (owner) WHERE owner IS NOT NULL;
CREATE INDEX groups_waiting ON groups (id) WHERE is_waiting;
CREATE INDEX groups_paused ON groups (id) WHERE paused;
CREATE INDEX groups_blocked ON groups (id) WHERE blocked;

-- Messages that are not done. Within a group, ids and sequences grow in the order of commits; an ordering window may
-- then permute the sequences of its own messages.
CREATE SEQUENCE message_ids AS bigint CACHE 1;
CREATE TABLE messages (
    group_id         bigint      NOT NULL,
    id               bigint      NOT NULL,
    sequence         bigint      NOT NULL,
    is_ordered       boolean     NOT NULL,
    accepted_at      timestamptz NOT NULL,
    message_sequence bigint,
    message_priority bigint,
    webhook_id       text,
    callback_url     text,
    content_type     text,
    correlation_id   text,
    body             bytea       NOT NULL,
    PRIMARY KEY (group_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
-- Webhooks are small or compressed already; packing them would cost more than it saves.
ALTER TABLE messages ALTER COLUMN body SET STORAGE EXTERNAL;

-- Webhook-Ids that senders gave, so that a repeat is accepted once.
CREATE TABLE webhook_ids (
    group_id    bigint      NOT NULL,
    webhook_id  text        NOT NULL,
    message_id  bigint      NOT NULL,
    sequence    bigint      NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, webhook_id)
);
CREATE INDEX webhook_ids_accepted_at ON webhook_ids USING brin (accepted_at) WITH (autosummarize = on);

-- Messages that are done, without their bodies; kept for a while to be looked up.
CREATE TABLE finished (
    group_id    bigint      NOT NULL,
    id          bigint      NOT NULL,
    sequence    bigint      NOT NULL,
    webhook_id  text,
    status      text        NOT NULL CHECK (status IN ('Delivered', 'DeadLettered', 'Skipped', 'Replayed')),
    attempts    integer     NOT NULL,
    accepted_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    -- The last attempt; those before it are in the table attempts.
    epoch       bigint      NOT NULL,
    started_at  timestamptz,
    duration_ms bigint,
    status_code integer,
    reason      text,
    answer      bytea,
    PRIMARY KEY (group_id, id)
);
CREATE INDEX finished_at ON finished USING brin (finished_at) WITH (autosummarize = on);

-- Attempts that failed.
CREATE TABLE attempts (
    group_id    bigint      NOT NULL,
    message_id  bigint      NOT NULL,
    number      integer     NOT NULL,
    epoch       bigint      NOT NULL,
    started_at  timestamptz NOT NULL,
    duration_ms bigint      NOT NULL,
    status_code integer,
    reason      text,
    answer      bytea,
    PRIMARY KEY (group_id, message_id, number, epoch)
);
CREATE INDEX attempts_started_at ON attempts USING brin (started_at) WITH (autosummarize = on);

-- Messages that were set aside.
CREATE TABLE dead_letters (
    id             bigint      PRIMARY KEY,
    group_id       bigint      NOT NULL,
    sequence       bigint      NOT NULL,
    webhook_id     text,
    callback_url   text,
    content_type   text,
    correlation_id text,
    body           bytea       NOT NULL,
    attempts       integer     NOT NULL,
    status_code    integer,
    reason         text        NOT NULL,
    accepted_at    timestamptz NOT NULL,
    failed_at      timestamptz NOT NULL
);
CREATE INDEX dead_letters_group ON dead_letters (group_id, id);
