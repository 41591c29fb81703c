/* Checkpoints of a training: what can be read is within what a training could have left, and what
 * can't leaves the training as it was. The fingerprint is filled in. */
#include <math.h>

#include "fuzz/tensors.h"
#include "gradproof/train.h"
#include "nn/train/checkpoint.h"

enum { WEIGHTS = 3, INPUTS = 2, ROWS = 2 };

static float theta[WEIGHTS], m[WEIGHTS], v[WEIGHTS], best[WEIGHTS], X[ROWS * INPUTS];
static double labels[ROWS];

static gp_trainee fresh(const gp_train_options *options) {
    memset(theta, 0, sizeof theta);
    memset(best, 0, sizeof best);
    return (gp_trainee){.options = options,
                        .n = WEIGHTS,
                        .inputs = INPUTS,
                        .rows = ROWS,
                        .theta = theta,
                        .m = m,
                        .v = v,
                        .best = best,
                        .X = X,
                        .labels = labels,
                        .best_score = -1,
                        .checks = json_array()};
}

/* The fingerprint of this training, as it writes it. */
static const char *fingerprint(const gp_train_options *options) {
    static char print[64];
    gp_tensors file;
    gp_error error = {""};
    if (print[0])
        return print;
    gp_trainee t = fresh(options);
    REQUIRE(gp_checkpoint_write(&t, &error) == GP_OK);
    REQUIRE(gp_tensors_read(options->checkpoint, &file, &error) == GP_OK);
    const char *text = gp_tensors_text(&file, "fingerprint");
    REQUIRE(text && strlen(text) == 16);
    memcpy(print, text, 17);
    gp_tensors_clear(&file);
    json_decref(t.checks);
    return print;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gp_train_options options;
    gp_error error = {""};
    if (size > 4096)
        return 0;
    gp_train_options_init(&options);
    options.dtype = GP_FLOAT32;
    options.epochs = 5;
    options.batch = ROWS;
    options.checkpoint = fuzz_path("a");
    const char *print = fingerprint(&options);
    (void)fuzz_tensors_file(data, size, print);
    gp_trainee t = fresh(&options);
    if (gp_checkpoint_read(&t, &error) == GP_OK) {
        REQUIRE(t.epoch <= options.epochs && t.best_epoch <= t.epoch);
        REQUIRE(t.best_score >= -1 && t.best_score <= 1);
        for (size_t i = 0; i < WEIGHTS; i++)
            REQUIRE(isfinite(theta[i]) && isfinite(best[i]));
        REQUIRE(gp_checkpoint_write(&t, &error) == GP_OK);
        REQUIRE(gp_checkpoint_read(&t, &error) == GP_OK);
    } else {
        REQUIRE(fuzz_is_line(error.message) && t.epoch == 0 && t.steps == 0 && theta[0] == 0);
    }
    json_decref(t.checks);
    return 0;
}
