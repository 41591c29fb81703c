/* See threads.h. */
#include "function/threads.h"

#include <sys/stat.h>
#include <time.h>

unsigned long gp_threads_running(void) {
    struct stat tasks; /* a folder with one more folder for each thread */
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 2
               ? (unsigned long)tasks.st_nlink - 2
               : 0;
}

int gp_threads_exceed(unsigned long count) {
    static const struct timespec MOMENT = {0, 1000000};
    enum { TRIES = 5 }; /* one that was joined is counted for a moment longer */
    for (int k = 0; gp_threads_running() > count; k++) {
        if (k == TRIES)
            return 1;
        nanosleep(&MOMENT, NULL);
    }
    return 0;
}
