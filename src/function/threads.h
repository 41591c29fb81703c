/* Threads of the user's code. A process that is forked has none of them, and code that waits for
 * them there waits for ever. */
#ifndef GP_THREADS_H
#define GP_THREADS_H

/* How many this process has; 0 where the system doesn't tell. */
unsigned long gp_threads_running(void);

/* Are there more than `count`? Waits a moment for those that are ending. */
int gp_threads_exceed(unsigned long count);

#endif
