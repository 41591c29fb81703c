/* Arrays of which only parts are used: address space that takes memory where it is written. */
#ifndef GP_RESERVE_H
#define GP_RESERVE_H

#include <stddef.h>

/* Zeros; NULL where not even the addresses are left. */
void *gp_reserve(size_t bytes);
/* The same array with more room, at the same or another place; NULL, and it stays, if there is
 * none. */
void *gp_reserve_more(void *memory, size_t bytes, size_t more);
void gp_unreserve(void *memory, size_t bytes);

/* What callbacks are given begins at multiples of so many bytes: a cache line, the widest vector.
 */
enum { GP_ALIGNMENT = 64 };

/* Room that all of is used, aligned, in large pages where that is worth it; released with free().
 * NULL: there is none. */
void *gp_large_alloc(size_t bytes);

#endif
