#pragma once

/// The options of jemalloc, which is `malloc` in every executable that links this module; read once, before `main`.
/// The variable `MALLOC_CONF` overrides them.
///
/// Two arenas are enough for the few threads that allocate much, whatever the number of processors is, and pages that
/// nobody uses go back to the system after a second. See jemalloc(3), "TUNING".
extern const char *malloc_conf;
