/* See failing_allocator.h. A program's own malloc takes the place of the C library's for all shared
 * objects too; memory comes from the C library, or from AddressSanitizer where that is in use. */
#include "memory/failing_allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))

#ifdef OF_ADDRESS_SANITIZER /* this file is built without: it is called before that is ready */
#define REAL(name) __interceptor_##name
void *__interceptor_memalign(size_t alignment, size_t size);
void *__interceptor_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
#define MAP __interceptor_mmap
#else
#define REAL(name) __libc_##name
void *__libc_memalign(size_t alignment, size_t size);
#define MAP(at, size, protection, flags, file, offset)                                             \
    (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset)
#endif
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void REAL(free)(void *memory);

SEEN void *malloc(size_t size);
SEEN void *calloc(size_t count, size_t size);
SEEN void *realloc(void *old, size_t size);
SEEN void free(void *memory);
SEEN void *memalign(size_t alignment, size_t size);
SEEN void *aligned_alloc(size_t alignment, size_t size);
SEEN int posix_memalign(void **memory, size_t alignment, size_t size);
SEEN char *strdup(const char *text);
SEEN void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
SEEN int munmap(void *at, size_t size);
SEEN int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                        void *argument);

/* Shared with child processes, whose allocations are numbered too. */
static struct counts {
    atomic_uint_fast64_t numbered, failing;
    atomic_int later;
} * counts;
static atomic_int armed, paused;
static atomic_long live;
/* What the C library and a sanitizer allocate while a thread begins and ends isn't numbered: the
 * latter gives up without. */
static _Thread_local int has_begun;

void failing_allocator_arm(uint64_t fail, int later) {
    if (!counts)
        counts = (struct counts *)syscall(SYS_mmap, NULL, sizeof *counts, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0L);
    counts->numbered = 0;
    counts->failing = fail;
    counts->later = later;
    has_begun = 1;
    armed = 1;
}

uint64_t failing_allocator_disarm(void) {
    armed = 0;
    return counts->numbered;
}

void failing_allocator_pause(void) {
    paused++;
}

void failing_allocator_resume(void) {
    paused--;
}

long failing_allocator_live(void) {
    return live;
}

static int fails(void) {
    if (!armed || paused || !has_begun)
        return 0;
    uint64_t number = ++counts->numbered, failing = counts->failing;
    int now = failing && (number == failing || (counts->later && number > failing));
    if (now)
        errno = ENOMEM;
    return now;
}

static void *given(void *memory) {
    live += memory != NULL;
    return memory;
}

void *malloc(size_t size) {
    return fails() ? NULL : given(REAL(malloc)(size));
}

void *calloc(size_t count, size_t size) {
    return fails() ? NULL : given(REAL(calloc)(count, size));
}

void *realloc(void *old, size_t size) {
    if (old && size == 0) { /* frees */
        free(old);
        return NULL;
    }
    if (fails())
        return NULL;
    void *new = REAL(realloc)(old, size);
    return old ? new : given(new);
}

void free(void *memory) {
    live -= memory != NULL;
    REAL(free)(memory);
}

void *memalign(size_t alignment, size_t size) {
    return fails() ? NULL : given(REAL(memalign)(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

char *strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
    if (fails())
        return MAP_FAILED;
    void *memory = MAP(at, size, protection, flags, file, offset);
    live += memory != MAP_FAILED;
    return memory;
}

int munmap(void *at, size_t size) {
    int status = (int)syscall(SYS_munmap, at, size);
    live -= status == 0;
    return status;
}

typedef struct beginning {
    void *(*start)(void *);
    void *argument;
} beginning;

static void *begin(void *argument) {
    beginning b = *(beginning *)argument;
    REAL(free)(argument);
    has_begun = 1;
    void *result = b.start(b.argument);
    has_begun = 0;
    return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument) {
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (fails())
        return EAGAIN;
    beginning *b = REAL(malloc)(sizeof *b);
    *b = (beginning){start, argument};
    int began = has_begun;
    has_begun = 0;
    int status = real(thread, attributes, begin, b);
    has_begun = began;
    if (status != 0)
        REAL(free)(b);
    return status;
}
