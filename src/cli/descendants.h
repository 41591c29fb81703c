/* Processes that the user's code has started: none of them outlives the check. */
#ifndef GP_DESCENDANTS_H
#define GP_DESCENDANTS_H

#include <stddef.h>
#include <sys/types.h>

enum { EARLIER_CHILDREN = 64 };

/* Children that this process already had, of whatever ran in it before. */
typedef struct cli_descendants {
    size_t earlier;
    pid_t pid[EARLIER_CHILDREN];
} cli_descendants;

/* From now on descendants whose parents end become this process' own children. */
void cli_adopt_descendants(cli_descendants *earlier);

/* Ends all children but the earlier ones, and theirs. */
void cli_end_descendants(const cli_descendants *earlier);

#endif
