/* An allocator that fails when it is told to, in place of the C library's, for everything in the
 * process: this library, those it calls, and the C library itself. */
#ifndef GP_FAILING_ALLOCATOR_H
#define GP_FAILING_ALLOCATOR_H

#include <stdint.h>

/* From now on allocations are numbered from 1, by whichever thread or child process; number `fail`
 * fails (0: none), and where `later` isn't 0 all after it as well. */
void failing_allocator_arm(uint64_t fail, int later);
/* Ends that; returns how many there were. */
uint64_t failing_allocator_disarm(void);

/* Between these, for the test's own needs, allocations are neither numbered nor failed. */
void failing_allocator_pause(void);
void failing_allocator_resume(void);

/* Allocations and mappings that are there now. */
long failing_allocator_live(void);

#endif
