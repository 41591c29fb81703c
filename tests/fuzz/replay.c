/* Runs a fuzz target on files, and on the files in folders: the regression run of every seed and of
 * every input that was found. Each is named before it runs, so that the last one named is the one
 * that failed. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static size_t runs;

static int replay_file(const char *path, off_t size) {
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc((size_t)size + !size); /* no more, so that an overrun is seen */
    if (!file || !data || fread(data, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s: can't be read\n", path);
        return 1;
    }
    fclose(file);
    (void)dprintf(2, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    runs++;
    return 0;
}

static int replay(const char *path) {
    struct stat is;
    if (stat(path, &is) != 0) {
        fprintf(stderr, "%s: is not there\n", path);
        return 1;
    }
    if (!S_ISDIR(is.st_mode))
        return replay_file(path, is.st_size);
    int failed = 0;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char inside[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        failed |= replay(inside);
    }
    return folder ? closedir(folder) || failed : 1;
}

int main(int argc, char **argv) {
    int failed = 0;
    for (int k = 1; k < argc; k++)
        failed |= replay(argv[k]);
    if (runs == 0)
        fprintf(stderr, "no input: name files or folders\n");
    return failed || runs == 0;
}
