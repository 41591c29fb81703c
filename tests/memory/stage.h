/* Scenarios that are run again and again, each time with another allocation failing. */
#ifndef GP_STAGE_H
#define GP_STAGE_H

#include "memory/failing_allocator.h"
#include "testing.h"

/* Where a scenario plays. */
typedef struct stage {
    char folder[64]; /* empty but for what it prepares */
    int out;         /* what comes out of it: a descriptor */
} stage;

typedef struct scenario {
    const char *name;
    /* Does it; returns a gp_status or an exit code. Whoever is asked for memory in here may get
     * none. */
    int (*run)(stage *stage);
    int short_of_memory;           /* what it may return then: GP_ERROR_MEMORY, or an exit code */
    void (*prepare)(stage *stage); /* files that are there before; may be NULL */
    /* After a run in which allocations failed, without that: is all well? NULL: each file must be
     * what it was before, or what it is after an undisturbed run. */
    const char *(*inspect)(stage *stage, int status);
} scenario;

/* Runs it undisturbed, then with allocations failing one by one and from one on: a status of its
 * own or what comes out undisturbed, nothing leaked, no file harmed. */
void play(const scenario *scenario);

/* What comes out. */
void show_bytes(stage *stage, const void *bytes, size_t size);
void show_report(stage *stage, const gp_report *report);

/* A path in the scenario's folder, in static memory. */
const char *in_folder(const stage *stage, const char *name);

#endif
