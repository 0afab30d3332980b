#include "include/assets.h"

#include <string.h>

// #embed belongs to C23; clang has it for all versions.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char style_css[] = {
#embed "style.css"
};
static const unsigned char app_js[] = {
#embed "app.js"
};
static const unsigned char chart_js[] = {
#embed "chart.js"
};
static const unsigned char d3_js[] = {
#embed "d3.min.js"
};
static const unsigned char d3_license[] = {
#embed "d3.LICENSE"
};

static const struct {
    const char *name;
    const unsigned char *bytes;
    unsigned long size;
} assets[] = {
    {"index.html", index_html, sizeof index_html},
    {"style.css", style_css, sizeof style_css},
    {"app.js", app_js, sizeof app_js},
    {"chart.js", chart_js, sizeof chart_js},
    {"d3.min.js", d3_js, sizeof d3_js},
    {"d3.LICENSE", d3_license, sizeof d3_license},
};

const unsigned char *dashboard_asset(const char *name, unsigned long *size) {
    for (unsigned long index = 0; index < sizeof assets / sizeof assets[0]; index++) {
        if (strcmp(assets[index].name, name) == 0) {
            *size = assets[index].size;
            return assets[index].bytes;
        }
    }
    return 0;
}
