/* Output files: there is the earlier file or the new one, whole, and nothing else. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/output.h"
#include "testing.h"

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/gradproof-output-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

/* Names in the folder. */
static size_t count_names(void) {
    DIR *listing = opendir(".");
    size_t count = 0;
    assert_non_null(listing);
    while (readdir(listing))
        count++;
    closedir(listing);
    return count - 2; /* . and .. */
}

static int remove_folder(void **state) {
    (void)state;
    DIR *listing = opendir(".");
    for (const struct dirent *e; listing && (e = readdir(listing));)
        (void)remove(e->d_name);
    if (listing)
        closedir(listing);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static gp_status write_text(const char *path, const char *text) {
    gp_output o;
    gp_error error = {""};
    gp_status status = gp_output_open(path, &o, &error);
    if (status == GP_OK) {
        fputs(text, o.file);
        status = gp_output_commit(&o, &error);
    }
    if (status != GP_OK) {
        assert_int_equal(status, GP_ERROR_OUTPUT);
        assert_non_null(strstr(error.message, "can't be written"));
        assert_null(strchr(error.message, '\n'));
    }
    return status;
}

static void assert_content(const char *path, const char *text) {
    char found[256] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

static void earlier_file_stays_until_the_new_one_is_whole(void **state) {
    (void)state;
    gp_output o;
    assert_int_equal(write_text("result", "earlier"), GP_OK);
    assert_int_equal(gp_output_open("result", &o, NULL), GP_OK);
    fputs("half", o.file);
    fflush(o.file);
    assert_content("result", "earlier");
    gp_output_discard(&o);
    assert_content("result", "earlier");
    assert_int_equal(write_text("result", "later"), GP_OK);
    assert_content("result", "later");
    assert_int_equal(count_names(), 1);
}

static void killed_it_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(write_text("result", "earlier"), GP_OK);
    for (int times = 0; times < 3; times++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            gp_output o;
            if (gp_output_open("result", &o, NULL) == GP_OK) {
                fputs("half", o.file);
                fflush(o.file);
            }
            raise(SIGKILL);
        }
        waitpid(child, NULL, 0);
        assert_content("result", "earlier");
        assert_true(count_names() <= 2); /* one more where files without a name aren't known */
    }
    assert_int_equal(write_text("result", "later"), GP_OK);
    assert_content("result", "later");
    assert_int_equal(count_names(), 1);
}

static mode_t mode_of(const char *path) {
    struct stat is;
    assert_int_equal(stat(path, &is), 0);
    return is.st_mode & 07777;
}

static void modes_are_kept(void **state) {
    (void)state;
    mode_t before = umask(027);
    assert_int_equal(write_text("new", "text"), GP_OK);
    umask(before);
    assert_int_equal(mode_of("new"), 0640);
    assert_int_equal(chmod("new", 0604), 0);
    assert_int_equal(write_text("new", "more"), GP_OK);
    assert_int_equal(mode_of("new"), 0604);
}

static void links_stay(void **state) {
    (void)state;
    struct stat is;
    assert_int_equal(mkdir("below", 0777), 0);
    assert_int_equal(symlink("below/file", "link"), 0);
    assert_int_equal(symlink("link", "second"), 0);
    assert_int_equal(write_text("second", "through two"),
                     GP_OK); /* to where there is no file yet */
    assert_int_equal(write_text("link", "through one"), GP_OK);
    assert_int_equal(lstat("link", &is), 0);
    assert_true(S_ISLNK(is.st_mode));
    assert_content("below/file", "through one");
    assert_int_equal(symlink("round", "round"), 0);
    assert_int_equal(write_text("round", "never"), GP_ERROR_OUTPUT);
    assert_int_equal(unlink("below/file"), 0);
    assert_int_equal(rmdir("below"), 0);
}

static void what_is_no_regular_file_is_written_in_place(void **state) {
    (void)state;
    char text[16] = "", path[64];
    assert_int_equal(mkfifo("fifo", 0666), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(gp_output_try("fifo", NULL), GP_OK);
    assert_int_equal(write_text("fifo", "through"), GP_OK);
    assert_int_equal(read(reader, text, sizeof text - 1), 7);
    assert_string_equal(text, "through");
    close(reader);
    assert_int_equal(write_text("/dev/full", "text"), GP_ERROR_OUTPUT);
    assert_int_equal(write_text("/dev/null", "text"), GP_OK);
    /* A regular file that is open already keeps what was written to it before and after. */
    int file = open("log", O_WRONLY | O_CREAT, 0666);
    assert_int_equal(write(file, "a", 1), 1);
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    assert_int_equal(write_text(path, "b"), GP_OK);
    assert_int_equal(write(file, "c", 1), 1);
    close(file);
    assert_content("log", "abc");
}

static void impossible_outputs_are_told_at_once(void **state) {
    (void)state;
    static const char *const PATHS[] = {"nowhere/file", ".", "/", "folder/", "/dev/fd/999", ""};
    for (size_t k = 0; k < sizeof PATHS / sizeof *PATHS; k++) {
        gp_error error = {""};
        assert_int_equal(gp_output_try(PATHS[k], &error), GP_ERROR_OUTPUT);
        assert_non_null(strstr(error.message, "can't be written"));
    }
    assert_int_equal(gp_output_try("possible", NULL), GP_OK);
    assert_int_equal(count_names(), 0);
}

static void full_disk(void **state) {
    (void)state;
    struct rlimit limit, before;
    assert_int_equal(write_text("result", "earlier"), GP_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    limit = before;
    for (limit.rlim_cur = 0; limit.rlim_cur < 16384; limit.rlim_cur += 5000) {
        gp_output o;
        gp_error error = {""};
        assert_int_equal(gp_output_open("result", &o, &error), GP_OK);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (int k = 0; k < 20000; k++)
            fputc('x', o.file);
        gp_status status = gp_output_finish(&o, GP_OK, &error);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(status, GP_ERROR_OUTPUT);
        assert_content("result", "earlier");
        assert_int_equal(count_names(), 1);
    }
    signal(SIGXFSZ, handler);
}

static void *replace_again_and_again(void *failed) {
    for (int k = 0; k < 200; k++)
        *(int *)failed |= write_text("result", "whole") != GP_OK;
    return NULL;
}

static void several_at_the_same_time(void **state) {
    (void)state;
    enum { THREADS = 4 };
    pthread_t thread[THREADS];
    int failed[THREADS] = {0};
    for (int k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, replace_again_and_again, &failed[k]), 0);
    for (int k = 0; k < THREADS; k++)
        pthread_join(thread[k], NULL);
    assert_content("result", "whole");
}

static void one_file_under_several_names(void **state) {
    (void)state;
    char path[160];
    snprintf(path, sizeof path, "%s/../%s/new", folder, strrchr(folder, '/') + 1);
    assert_true(gp_output_is("new", path)); /* there is none yet */
    assert_false(gp_output_is("new", "other"));
    assert_int_equal(write_text("new", "text"), GP_OK);
    assert_true(gp_output_is("new", path));
    assert_int_equal(link("new", "hard"), 0);
    assert_int_equal(symlink("hard", "soft"), 0);
    assert_true(gp_output_is("soft", "new"));
    assert_false(gp_output_is("new", "other"));
    assert_false(gp_output_is("/dev/null", "/dev/null")); /* nothing can be lost there */
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {TEST(earlier_file_stays_until_the_new_one_is_whole),
                                       TEST(killed_it_leaves_nothing),
                                       TEST(modes_are_kept),
                                       TEST(links_stay),
                                       TEST(what_is_no_regular_file_is_written_in_place),
                                       TEST(impossible_outputs_are_told_at_once),
                                       TEST(full_disk),
                                       TEST(several_at_the_same_time),
                                       TEST(one_file_under_several_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
