-- The tables of one generation; {n} is its number. Not a migration: run for each generation that is made.

CREATE TABLE IF NOT EXISTS mypage_g{n} (
    id BIGINT NOT NULL PRIMARY KEY,
    customer_id BIGINT NULL,
    title TEXT NULL,
    mission_status VARCHAR(20) CHARACTER SET ascii NULL,
    mission_version BIGINT NOT NULL DEFAULT 0,
    reward_id BIGINT NULL,
    reward_status VARCHAR(20) CHARACTER SET ascii NULL,
    reward_version BIGINT NOT NULL DEFAULT 0,
    gift_id BIGINT NULL,
    gift_status VARCHAR(20) CHARACTER SET ascii NULL,
    gift_version BIGINT NOT NULL DEFAULT 0,
    telegram_id BIGINT NULL,
    telegram_status VARCHAR(20) CHARACTER SET ascii NULL,
    telegram_version BIGINT NOT NULL DEFAULT 0,
    gift_telegram_id BIGINT NULL,
    gift_telegram_status VARCHAR(20) CHARACTER SET ascii NULL,
    gift_telegram_version BIGINT NOT NULL DEFAULT 0,
    updated_at DATETIME(3) NOT NULL,
    KEY customer (customer_id, id),
    KEY reward (reward_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- Every gift that was heard of; version 0 while only a message has named it.
CREATE TABLE IF NOT EXISTS mypage_gift_g{n} (
    id BIGINT NOT NULL PRIMARY KEY,
    mission_id BIGINT NULL,
    version BIGINT NOT NULL DEFAULT 0,
    status VARCHAR(20) CHARACTER SET ascii NULL
) ENGINE = InnoDB;

-- Every message that was heard of.
CREATE TABLE IF NOT EXISTS mypage_message_g{n} (
    id BIGINT NOT NULL PRIMARY KEY,
    mission_id BIGINT NULL,
    gift_id BIGINT NULL,
    customer_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    status VARCHAR(20) CHARACTER SET ascii NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    KEY gift (gift_id, id)
) ENGINE = InnoDB;

-- Events that have taken effect. Their ids begin with the time, so old ones are found by the primary key.
CREATE TABLE IF NOT EXISTS inbox_g{n} (
    id BINARY(16) NOT NULL PRIMARY KEY,
    received_at DATETIME(3) NOT NULL DEFAULT UTC_TIMESTAMP(3)
) ENGINE = InnoDB;
