-- For each service on PostgreSQL its database, the owner, who migrates, and the service's user, whom the migration lets
-- in. The passwords are obviously local.
CREATE ROLE mission LOGIN PASSWORD 'local-only';
CREATE ROLE mission_service LOGIN PASSWORD 'local-only';
CREATE DATABASE mission OWNER mission TEMPLATE template0;
REVOKE ALL ON DATABASE mission FROM PUBLIC;
CREATE ROLE reward LOGIN PASSWORD 'local-only';
CREATE ROLE reward_service LOGIN PASSWORD 'local-only';
CREATE DATABASE reward OWNER reward TEMPLATE template0;
REVOKE ALL ON DATABASE reward FROM PUBLIC;
CREATE ROLE gift LOGIN PASSWORD 'local-only';
CREATE ROLE gift_service LOGIN PASSWORD 'local-only';
CREATE DATABASE gift OWNER gift TEMPLATE template0;
REVOKE ALL ON DATABASE gift FROM PUBLIC;
CREATE ROLE telegram LOGIN PASSWORD 'local-only';
CREATE ROLE telegram_service LOGIN PASSWORD 'local-only';
CREATE DATABASE telegram OWNER telegram TEMPLATE template0;
REVOKE ALL ON DATABASE telegram FROM PUBLIC;
CREATE ROLE eventlog LOGIN PASSWORD 'local-only';
CREATE ROLE eventlog_service LOGIN PASSWORD 'local-only';
CREATE DATABASE eventlog OWNER eventlog TEMPLATE template0;
REVOKE ALL ON DATABASE eventlog FROM PUBLIC;
CREATE ROLE bypass LOGIN PASSWORD 'local-only';
CREATE ROLE bypass_service LOGIN PASSWORD 'local-only';
CREATE DATABASE bypass OWNER bypass TEMPLATE template0;
REVOKE ALL ON DATABASE bypass FROM PUBLIC;
