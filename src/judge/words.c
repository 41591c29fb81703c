/* See words.h. */
#include "judge/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int gp_same_factor(double p, double q) {
    return (isnan(p) && isnan(q)) || fabs(p - q) <= 1e-3 * fmax(1, fabs(p));
}

void gp_write_factor(double factor, int several, char *text, size_t size) {
    const char *is = several ? "are" : "is";
    if (isnan(factor))
        snprintf(text, size, "%s wrong", is);
    else if (gp_same_factor(factor, 0))
        snprintf(text, size, "%s 0 where the derivative isn't", is);
    else if (gp_same_factor(factor, -1))
        snprintf(text, size, "%s the derivative with the opposite sign", is);
    else
        snprintf(text, size, "%s %.5g times the derivative", is, factor);
}

gp_status gp_name_stored(gp_report *r, size_t block) {
    return gp_report_add_diagnosis(r, block, "stale", NAN,
                                   "%s stays the same at another point, where the derivative "
                                   "changes: it belongs to a point that was stored before",
                                   r->block[block].name);
}

void gp_entry_list_add(gp_entry_list *list, const gp_function *f, size_t entry) {
    enum { NAMED = 4 };
    size_t used = strlen(list->text);
    char name[160] = "...";
    if (list->count == 0)
        list->first = entry;
    if (list->count < NAMED)
        gp_function_entry_name(f, entry, name, sizeof name);
    if (list->count++ <= NAMED)
        snprintf(list->text + used, sizeof list->text - used, "%s%.60s", used ? ", " : "", name);
}
