#pragma once
#include <mysql.h>
#include <errmsg.h>

/// `mysql_optionsv` is variadic, which Swift does not import.
static inline int cmariadb_add_connect_attribute(MYSQL *mysql, const char *name, const char *value) {
    return mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, name, value);
}
