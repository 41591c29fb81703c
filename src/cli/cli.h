/* The program: reads arguments, calls the library. */
#ifndef GP_CLI_H
#define GP_CLI_H

#include "cli/formats.h"
#include "gradproof/notebook.h"
#include "gradproof/train.h"

/* Exit codes beyond those of a verdict (gp_report_exit_code); those of sysexits.h. */
enum { EXIT_USAGE = 64, EXIT_NO_INPUT = 66, EXIT_FAULT = 70 };

enum { MAX_PLANTS = 32, MAX_HIDDEN = 63, MAX_WORDS = 256 };

typedef struct cli_options {
    gp_options check;
    const char *target;
    double radius; /* of prove */
    /* By format: a path, "-" for standard output in place of the text, NULL for none. */
    const char *output[CLI_FORMATS];
    const char *command; /* the command line, to be shown in reports; may be NULL */
    /* The options that say what is asked, as they were given: for certificates. */
    struct {
        const char *name, *value; /* value: NULL where it has none */
    } word[MAX_WORDS];
    size_t words;
    const char *certificate; /* the certificate as text, once there is one */
    int mute;                /* no text on standard output */
    int unwritten;           /* the target is a model that isn't in its file yet */
    int quiet, verbose, help;
    const char *plant[MAX_PLANTS];
    size_t plants;
    /* check network */
    int about_network; /* one of these was given */
    const char *data, *label;
    size_t hidden[MAX_HIDDEN + 1], hidden_layers; /* room for the output */
    size_t batch;
    gp_network_options network;
    int balanced; /* class weight from the data */
    int no_seed;  /* don't hold dropout's mask */
    /* after -- */
    int object_argc;
    char **object_argv;
} cli_options;

/* The check that the options ask for; returns the exit code. */
int cli_check_as_told(const cli_options *options);

/* Parses what follows the name of prove. */
int cli_prove_parse(int argc, char **argv, cli_options *options);

/* Parses what follows the command's name. On a mistake prints one line to stderr and returns
 * EXIT_USAGE, else 0. */
int cli_parse(int argc, char **argv, cli_options *options);

/* Is it "-", standard output? Not where it is NULL. */
int cli_is_stdout(const char *path);

/* The exit code that goes with a status. */
int cli_code_of(gp_status status);

/* Prints "gradproof: ..." to stderr: one line without control characters, whatever names are in it.
 */
void cli_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 0 where `output` is none of the inputs (each may be NULL), else EXIT_USAGE after a line: it would
 * destroy what it is made from. */
int cli_keep_apart(const char *option, const char *output, size_t count, const char *const *inputs);

/* The same of standard output, which rows of a table may go to while it is still being read. */
int cli_keep_stdout_apart(size_t count, const char *const *inputs);

/* Tells the message of an error and returns the exit code that goes with its status. */
int cli_complain(gp_status status, const gp_error *error);

/* The report on standard output: 0, or EXIT_FAULT where a part of it is missing. */
int cli_print_report(const gp_report *report, unsigned flags);

/* Colours if standard output is a terminal and NO_COLOR isn't set. */
unsigned cli_print_flags(const cli_options *options);

/* A function and what it borrows. */
typedef struct cli_subject {
    gp_function *function;
    gp_network *network;
    gp_model *model;
} cli_subject;

/* The fraud network of the options, on their data (made-up payments without). */
gp_status cli_build_network(const cli_options *options, cli_subject *subject, gp_error *error);
/* A trained model at its weights, on rows of --data: the subject's, where it has one already. */
gp_status cli_build_model(const cli_options *options, cli_subject *subject, gp_error *error);
void cli_release(cli_subject *subject);

/* Is the target a model? By the name's ending or, whatever it is called, by how safetensors files
 * begin: a length, then JSON. Only a regular file is looked into. */
int cli_is_model(const char *target);
/* "notebook:..."; a file, which isn't that and not "network". */
int cli_is_notebook(const char *target);
int cli_is_file(const char *target);

/* The commands: return the program's exit code. */
int cli_check(int argc, char **argv);
int cli_prove(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_generate(int argc, char **argv);
int cli_train(int argc, char **argv);
int cli_score(int argc, char **argv);
int cli_evaluate(int argc, char **argv);

extern const char CLI_HELP[], CLI_CHECK_HELP[], CLI_PROVE_HELP[], CLI_VERIFY_HELP[],
    CLI_DEMO_HELP[], CLI_GENERATE_HELP[], CLI_TRAIN_HELP[], CLI_SCORE_HELP[], CLI_EVALUATE_HELP[];

#endif
