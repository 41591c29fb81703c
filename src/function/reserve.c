/* See reserve.h. */
#include "function/reserve.h"

#include <stdlib.h>
#include <sys/mman.h>

void *gp_reserve(size_t bytes) {
    void *memory = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *gp_reserve_more(void *memory, size_t bytes, size_t more) {
    if (!memory)
        return gp_reserve(more);
    void *moved = mremap(memory, bytes ? bytes : 1, more, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

void gp_unreserve(void *memory, size_t bytes) {
    if (memory)
        (void)munmap(memory, bytes ? bytes : 1);
}

void *gp_large_alloc(size_t bytes) {
    static const size_t PAGE = (size_t)1 << 21;
    void *memory;
    if (posix_memalign(&memory, bytes < PAGE ? GP_ALIGNMENT : PAGE, bytes) != 0)
        return NULL;
    if (bytes >= PAGE)
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a small page at a time takes a while */
    return memory;
}
