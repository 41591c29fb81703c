/* A team whose ranks are threads of one process. */
#ifndef GP_TEAM_OF_THREADS_H
#define GP_TEAM_OF_THREADS_H

#include <pthread.h>

#include "testing.h"

enum { RANKS = 3 };

typedef struct meeting {
    pthread_barrier_t barrier;
    const void *mine[RANKS];
} meeting;

typedef struct member {
    meeting *where;
    gp_team team;
    void *task; /* the test's own */
} member;

static int gather_in_threads(void *context, const void *mine, size_t bytes, void *all) {
    member *m = context;
    m->where->mine[m->team.rank] = mine;
    pthread_barrier_wait(&m->where->barrier);
    for (size_t r = 0; r < RANKS; r++)
        memcpy((char *)all + r * bytes, m->where->mine[r], bytes);
    pthread_barrier_wait(&m->where->barrier);
    return 0;
}

/* Runs work(member) on every rank; tasks[r] is rank r's. */
static void run_team(void *(*work)(void *), void *const *tasks) {
    meeting where;
    member members[RANKS];
    pthread_t thread[RANKS];
    pthread_barrier_init(&where.barrier, NULL, RANKS);
    for (int r = 0; r < RANKS; r++) {
        members[r] = (member){.where = &where, .task = tasks[r]};
        members[r].team = (gp_team){&members[r], r, RANKS, gather_in_threads};
    }
    for (int r = 0; r < RANKS; r++)
        assert_int_equal(pthread_create(&thread[r], NULL, work, &members[r]), 0);
    for (int r = 0; r < RANKS; r++)
        pthread_join(thread[r], NULL);
    pthread_barrier_destroy(&where.barrier);
}

#endif
