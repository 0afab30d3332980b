CREATE SCHEMA IF NOT EXISTS apilog;

-- Which uuids there are. A unique index of a partitioned table must contain the day, so this table alone makes a uuid
-- unique over all days; upd_dt leads to the event. Rows leave with their day's partition.
CREATE TABLE apilog.event_key (
    uuid uuid PRIMARY KEY,
    upd_dt timestamptz NOT NULL
);

CREATE TABLE apilog.api_event_log (
    uuid uuid NOT NULL,
    event_type varchar(60) NOT NULL,
    event_action varchar(60) NOT NULL,
    event_ver varchar(10) NOT NULL,
    etc_str1 varchar(100),
    etc_str2 varchar(100),
    etc_str3 varchar(100),
    etc_num1 integer,
    etc_num2 integer,
    etc_num3 integer,
    user_ip varchar(45),
    payload json,
    upd_dt timestamptz NOT NULL,
    correlation_id varchar(64),
    source varchar(255),
    occurred_at timestamptz,
    -- The transaction that stored the row: whoever follows the log asks for those below the snapshot's xmin, and so never
    -- passes a row whose commit comes late.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (upd_dt, uuid)
) PARTITION BY RANGE (upd_dt);

CREATE INDEX api_event_log_type ON apilog.api_event_log (event_type, event_action, upd_dt);
CREATE INDEX api_event_log_xid ON apilog.api_event_log (xid);
-- Only events of a saga have these; the others pay nothing for them.
CREATE INDEX api_event_log_saga ON apilog.api_event_log (correlation_id, upd_dt) WHERE correlation_id IS NOT NULL;
CREATE INDEX api_event_log_customer ON apilog.api_event_log (etc_str1, upd_dt) WHERE occurred_at IS NOT NULL;
CREATE INDEX api_event_log_mission ON apilog.api_event_log (etc_str2, upd_dt) WHERE occurred_at IS NOT NULL;

-- Makes the daily partitions of a span that are missing.
CREATE FUNCTION apilog.make_partitions(first date, last date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    day date;
    made integer := 0;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('apilog.make_partitions'));
    FOR day IN SELECT generate_series(first, last, interval '1 day')::date LOOP
        partition := 'api_event_log_' || to_char(day, 'YYYYMMDD');
        IF to_regclass('apilog.' || partition) IS NULL THEN
            -- Made apart and then attached, which lets writers and readers go on.
            EXECUTE format('CREATE TABLE apilog.%I (LIKE apilog.api_event_log INCLUDING DEFAULTS)', partition);
            EXECUTE format(
                'ALTER TABLE apilog.api_event_log ATTACH PARTITION apilog.%I FOR VALUES FROM (%L) TO (%L)', partition,
                day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

SELECT apilog.make_partitions(current_date - 1, current_date + 2);

-- Events that the table above refused for good, with the reason.
CREATE TABLE apilog.rejected_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL,
    reason text NOT NULL,
    event json NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT now()
);

-- How far those who follow the log have come.
CREATE TABLE apilog.sink_cursor (
    sink text PRIMARY KEY,
    xid xid8 NOT NULL,
    upd_dt timestamptz NOT NULL,
    uuid uuid NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Events that a sink refused for good; they are in the log all the same.
CREATE TABLE apilog.sink_rejection (
    sink text NOT NULL,
    uuid uuid NOT NULL,
    reason text NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, uuid)
);
