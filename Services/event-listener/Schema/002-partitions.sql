-- The service reads and writes rows and makes no tables. Days come and go through these two functions alone, which run as
-- the schema's owner.
ALTER FUNCTION apilog.make_partitions(date, date) SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
REVOKE EXECUTE ON FUNCTION apilog.make_partitions(date, date) FROM PUBLIC;

-- Removes a day with all of its events. Writers must not queue behind a lock that does not come.
CREATE FUNCTION apilog.drop_partition(day date) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    IF day >= current_date - 1 THEN
        RAISE 'the partition of % is not past yet', day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS apilog.%I', 'api_event_log_' || to_char(day, 'YYYYMMDD'));
END $$;
REVOKE EXECUTE ON FUNCTION apilog.drop_partition(date) FROM PUBLIC;
