/* Functions that live in a shared object of the user's: see gp_entry_point. */
#include "function/function.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "function/threads.h"

gp_status gp_function_load(const char *path, int argc, char **argv, gp_function **function,
                           gp_error *error) {
    if (!path || !function || argc < 0 || (argc > 0 && !argv))
        return gp_fail(error, GP_ERROR_ARGUMENT, "gp_function_load: NULL argument");
    struct stat file;
    if (stat(path, &file) != 0 || access(path, R_OK) != 0)
        return gp_fail(error, GP_ERROR_INPUT, "%.200s: %s", path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return gp_fail(error, GP_ERROR_INPUT, "%.200s: not a file", path);

    unsigned long threads = gp_threads_running();
    /* dlopen searches the system's directories for a name without a slash. */
    char *local = malloc(strlen(path) + 3);
    if (!local)
        return gp_fail(error, GP_ERROR_MEMORY, "%.200s: out of memory", path);
    sprintf(local, "%s%s", strchr(path, '/') ? "" : "./", path);
    void *object = dlopen(local, RTLD_NOW | RTLD_LOCAL);
    free(local);
    if (!object)
        return gp_fail(error, GP_ERROR_INPUT, "%.200s: can't be loaded: %.250s", path, dlerror());

    gp_entry_point entry;
    void *symbol = dlsym(object, "gradproof_function");
    memcpy(&entry, &symbol, sizeof entry); /* C has no cast from object to function pointers. */
    gp_function *f = NULL;
    gp_status status = GP_ERROR_INPUT;
    if (!symbol) {
        (void)gp_fail(
            error, status,
            "%.200s: has no gradproof_function: define int gradproof_function(gp_function *, "
            "int, char **)",
            path);
    } else if ((status = gp_function_create(path, GP_FLOAT64, NULL, &f)) != GP_OK) {
        (void)gp_fail(error, status, "%.200s: out of memory", path);
    } else {
        f->threads = threads;
        f->shared_object = object;
        int refused = entry(f, argc, argv);
        if (!refused) {
            *function = f;
            return GP_OK;
        }
        status = gp_fail(error, GP_ERROR_INPUT,
                         "%.200s: its gradproof_function refused the arguments with %d%s%s", path,
                         refused, f->refused ? ": " : "", f->refusal.message);
    }
    if (f)
        gp_function_destroy(f);
    else
        dlclose(object);
    return status;
}
