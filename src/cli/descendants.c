/* See descendants.h. The system tells a process' children by naming their parent in /proc. */
#include "cli/descendants.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t parent_of(const char *pid) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = 0;
    const char *name_end = strrchr(line, ')'); /* "PID (NAME) STATE PARENT ..." */
    return name_end && strlen(name_end) > 4 ? (pid_t)strtol(name_end + 4, NULL, 10) : -1;
}

/* Up to `room` children of this process. */
static size_t children(pid_t *list, size_t room) {
    size_t count = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *p; processes && count < room && (p = readdir(processes));)
        if (p->d_name[0] >= '1' && p->d_name[0] <= '9' && parent_of(p->d_name) == getpid())
            list[count++] = (pid_t)strtol(p->d_name, NULL, 10);
    if (processes)
        closedir(processes);
    return count;
}

/* Ended children are buried on the way; 0: there are no others. */
static int has_children(void) {
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
        ;
    return ended == 0;
}

void cli_adopt_descendants(cli_descendants *d) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    d->earlier = has_children() ? children(d->pid, EARLIER_CHILDREN) : 0;
}

void cli_end_descendants(const cli_descendants *d) {
    enum { ROUNDS = 200, AT_A_TIME = 2 * EARLIER_CHILDREN };
    static const struct timespec MOMENT = {0, 1000000};
    pid_t list[AT_A_TIME];
    for (int round = 0; round < ROUNDS && has_children(); round++) {
        size_t count = children(list, AT_A_TIME), ended = 0;
        for (size_t k = 0; k < count; k++) {
            int earlier = 0;
            for (size_t e = 0; e < d->earlier; e++)
                earlier |= list[k] == d->pid[e];
            ended += !earlier;
            if (!earlier)
                kill(list[k], SIGKILL);
        }
        if (ended == 0)
            return;
        nanosleep(&MOMENT, NULL); /* their children become ours as they end */
    }
}
