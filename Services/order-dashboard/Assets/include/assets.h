#pragma once

/// The bytes of one of the page's files, which are part of the executable; NULL when there is none of that name.
const unsigned char *dashboard_asset(const char *name, unsigned long *size);
