-- Which generation readers see: one row, changed by one statement.
CREATE TABLE IF NOT EXISTS mypage_generation (
    single TINYINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (single = 1),
    active INT NOT NULL,
    switched_at DATETIME(3) NOT NULL DEFAULT UTC_TIMESTAMP(3)
) ENGINE = InnoDB;

-- All generations that there have ever been: building, live or dropped. Each has tables of its own, see generation.sql.
CREATE TABLE IF NOT EXISTS mypage_generations (
    number INT NOT NULL PRIMARY KEY,
    state VARCHAR(10) CHARACTER SET ascii NOT NULL,
    created_at DATETIME(3) NOT NULL DEFAULT UTC_TIMESTAMP(3)
) ENGINE = InnoDB;
