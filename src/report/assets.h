/* What a page brings along: files of src/report/page and D3, as CMake puts them into C. */
#ifndef GP_REPORT_ASSETS_H
#define GP_REPORT_ASSETS_H

#include <stddef.h>

typedef struct gp_asset {
    const unsigned char *bytes;
    size_t size; /* 0: the build has none */
} gp_asset;

extern const gp_asset GP_PAGE_STYLE, GP_PAGE_SCRIPT, GP_PAGE_D3;

#endif
