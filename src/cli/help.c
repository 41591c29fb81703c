/* What --help says. */
#include "cli/cli.h"

/* What check and prove have in common. */
#define TARGETS                                                                                    \
    "  notebook:1d | notebook:given | notebook:corrected\n"                                        \
    "  network            the fraud network, on --data FILE.csv --label COLUMN\n"                  \
    "  fraud.safetensors  a trained model at its weights, on --data FILE.csv (--label, --batch)\n"
#define NETWORK_OPTIONS                                                                            \
    "  --data FILE        CSV with a header; every column but the label is an input\n"             \
    "  --label COLUMN     0 or 1 in every row\n"                                                   \
    "  --hidden 16,8      units of the hidden layers (16,8; none: a linear model)\n"               \
    "  --activation A     linear, relu, leaky-relu, tanh, sigmoid or gelu (relu)\n"                \
    "  --loss L           sigmoid, notebook or softmax cross-entropy, or squared (sigmoid)\n"      \
    "  --batch N          rows of a batch (256, or all if there are fewer)\n"                      \
    "  --dtype D          float64 or float32 (float64)\n"
#define PENALTY_OPTIONS                                                                            \
    "  --l2 L             weight decay (0)\n"                                                      \
    "  --class-weight W   weight of class 1, or balanced (1)\n"

#define CERTIFICATE_OPTION                                                                         \
    "  --certificate FILE what came out, of which numbers, with which code, as JSON that "         \
    "anybody\n"                                                                                    \
    "                     can repeat: see gradproof verify; - for standard output\n"

const char CLI_HELP[] =
    "gradproof: is this gradient right, and if not, what is wrong with it?\n"
    "\n"
    "usage: gradproof COMMAND [OPTIONS]\n"
    "\n"
    "  demo     the notebook's story: two mistakes found, the repair proven\n"
    "  check    check a gradient: gradproof check --help tells of what\n"
    "  prove    prove one: a theorem about its numbers, by ball arithmetic, where the formula is "
    "known\n"
    "  verify   does a certificate of a check or a proof still hold?\n"
    "  train    train the fraud network on a table, its gradient checked while it learns\n"
    "  score    a probability for each row of a table, by a trained model\n"
    "  evaluate how well a model tells the classes apart\n"
    "  generate made-up mobile payments, to try all of this on\n"
    "  each has a --help\n"
    "\n"
    "  --help, --version\n"
    "\n"
    "exit codes: 0 verified, 1 refuted, 2 inconclusive, 3 the function failed (crash, timeout,\n"
    "non-finite, not deterministic), 64 wrong usage, 66 an input can't be read, 70 a fault of "
    "gradproof\n";

const char CLI_CHECK_HELP[] =
    "usage: gradproof check TARGET [OPTIONS] [-- ARGS]\n"
    "\n"
    "targets:\n" TARGETS
    "  ./libmine.so       a shared object with a gradproof_function; ARGS go to it; what it "
    "prints\n"
    "                     goes to standard error\n"
    "\n"
    "options:\n"
    "  --rtol R           relative difference that counts as a mistake (1e-5; float32: 1e-3)\n"
    "  --atol A           absolute one (R times a tenth of the block's median derivative)\n"
    "  --points K         points to try for entries that are silent at the given one (16)\n"
    "  --strict           a function that doesn't give the same in every bit when it is asked "
    "again\n"
    "                     fails; by default what rounding explains (atomics) counts as noise\n"
    "  --stochastic N     for functions that draw random numbers, and whose gradient is right on\n"
    "                     average: compare the means of up to N draws\n"
    "  --accept R         with it: verified is what is right to R of its block's largest "
    "derivative (0.05)\n"
    "  --no-descent       don't look again, once the gradient is right at the given point, after\n"
    "                     some steps of descent from it\n"
    "  --strategy S       full: every entry; project: random directions; sample: some entries;\n"
    "                     auto: full where the budget allows it, else project\n"
    "  --sample N         entries per block for --strategy sample (100)\n"
    "  --confidence P     accepted probability of a miss for --strategy project (1e-9)\n"
    "  --seed N           of every random choice (0)\n"
    "  --budget B         what it may cost: a time (90s, 15m, 2h) or evaluations (50000e); then\n"
    "                     there is a report on what is known so far (auto plans for 60 s); a call\n"
    "                     that still goes on 1 s and a tenth of the time later is ended\n"
    "  --jobs N           worker processes, or threads of a reentrant function (1); a crash costs\n"
    "                     them the probe in hand, and the rest goes on\n"
    "  --timeout SECONDS  a call of the function's code that takes longer (an evaluation, the "
    "set-up,\n"
    "                     the destructor) counts as a crash\n"
    "  --resume FILE      keep what is worked out in FILE until there is a report; where FILE is\n"
    "                     left from a run that was cut off, go on from there (trusted as the\n"
    "                     program is: whoever can write to it can have any result told)\n"
    "  --plant MISTAKE    plant a mistake into the gradient, to see it caught; may be repeated:\n"
    "                     BLOCK:scale=F, negate, zero, transpose, shift, entry=I,add=V, decay=L\n"
    "                     (BLOCK as in reports: W2, or 'vjp W2' for other derivatives)\n"
    "  --self-test        once verified, plant mistakes of all kinds and sizes and report which "
    "of\n"
    "                     them this check would have refuted\n"
    "  --json FILE        write the report as JSON, - for standard output instead of the text\n"
    "  --html FILE        as a page for a browser, one file, with pictures and tables\n"
    "  --junit FILE       as JUnit's XML, for build servers: a test case a block\n"
    "  --markdown FILE    as Markdown, for the summary of a job "
    "($GITHUB_STEP_SUMMARY)\n" CERTIFICATE_OPTION
    "  --quiet, --verbose the verdict alone; every entry\n"
    "\n"
    "options of network:\n" NETWORK_OPTIONS
    "  --value D          precision of the value that a float32 gradient is held against: float64\n"
    "                     is far sharper (the same as --dtype)\n"
    "  --dropout P        drop hidden units with probability P (0)\n" PENALTY_OPTIONS
    "  --no-seed          draw dropout's mask anew each time, to see the check refuse\n";

const char CLI_PROVE_HELP[] =
    "usage: gradproof prove TARGET [OPTIONS]\n"
    "\n"
    "Proves of every entry of a gradient that it is within a tolerance of the derivative of the "
    "real-number\n"
    "function, or that it isn't: the value's formula is evaluated and differentiated on balls, at "
    "the exact\n"
    "values of parameters and data, with as many bits as it takes to decide.\n"
    "\n"
    "targets:\n" TARGETS "\n"
    "options:\n"
    "  --rtol R           relative difference that counts as a mistake (1e-5; float32: 1e-3)\n"
    "  --atol A           absolute one (R times 1e-4 of the block's median derivative; float32: a "
    "tenth)\n"
    "  --radius R         prove it at all points within R of the one given, relative to each of "
    "its\n"
    "                     numbers, or how far it holds (0)\n"
    "  --plant MISTAKE    plant a mistake into the gradient, as check does; may be repeated\n"
    "  --seed N           of the network's weights (0)\n"
    "  --json FILE        write the proof as JSON, - for standard output instead of the "
    "text\n" CERTIFICATE_OPTION
    "  --quiet, --verbose the verdict alone; every entry with its interval\n"
    "\n"
    "options of network:\n" NETWORK_OPTIONS PENALTY_OPTIONS "\n"
    "exit codes: 0 proven, 1 disproven, 2 open (a kink or the edge of a domain), 3 the gradient "
    "isn't finite\n";

const char CLI_VERIFY_HELP[] =
    "usage: gradproof verify CERTIFICATE|MODEL.safetensors [OPTIONS]\n"
    "\n"
    "Is a certificate that check or prove has written as it was written, and does the same come "
    "out\n"
    "again? A check is repeated, and must be the same in every bit; a proof is proven again from "
    "the\n"
    "numbers in the certificate.\n"
    "\n"
    "  --data FILE        where the table is now that the certificate is about\n"
    "  --target FILE      the same of a model, or of a shared object, whose code is run only where "
    "it\n"
    "                     is named here\n"
    "  --jobs N           of a check (1)\n"
    "  --quiet            nothing on standard output\n"
    "\n"
    "exit codes: 0 it holds, 1 it doesn't: something else comes out, 2 it can't be repeated here\n"
    "(other files, another version), 3 it is damaged: it isn't as it was written\n";

const char CLI_DEMO_HELP[] = "usage: gradproof demo [--data FILE.csv --label COLUMN]\n"
                             "\n"
                             "The notebook from 1-D to the repaired backpropagation, then a fraud "
                             "network on the data\n"
                             "(or on made-up payments).\n";

const char CLI_GENERATE_HELP[] =
    "usage: gradproof generate [--rows N] [--seed S] [--out FILE.csv]\n"
    "\n"
    "Made-up mobile payments in the order of time, as CSV: amounts, hours, devices, merchants, "
    "and\n"
    "hijacked accounts; the column fraud is 1 in about one row of 500.\n"
    "\n"
    "  --rows N    (10000)\n"
    "  --seed S    (0)\n"
    "  --out FILE  (standard output)\n";

const char CLI_TRAIN_HELP[] =
    "usage: gradproof train DATA.csv --label COLUMN --out MODEL.safetensors [OPTIONS]\n"
    "\n"
    "Trains a network on a table and keeps the weights with the largest area under the\n"
    "precision-recall curve on rows held back. Its gradient is checked meanwhile; one that is "
    "wrong\n"
    "stops the training with a report and exit code 1, a training that diverges with 3. The model\n"
    "is written in any other case, and what each check came to is said: the exit code is 0 where\n"
    "all of them verified the gradient (or none was asked for), else 2. Ctrl-C ends training with\n"
    "the best weights so far, and exit code 2; once more ends it at once, without a model.\n"
    "\n"
    "  --hidden 64,32       units of the hidden layers (64,32; none: a linear model)\n"
    "  --activation A       linear, relu, leaky-relu, tanh, sigmoid or gelu (relu)\n"
    "  --dropout P          (0)      --l2 L   weight decay (0)\n"
    "  --epochs N           at most (50)   --patience N   without a better PR-AUC (10)\n"
    "  --batch N            (256)    --optimizer adam|sgd  (adam)\n"
    "  --learning-rate R    at the start (1e-3; sgd: 0.1)\n"
    "  --schedule S         of the learning rate: cosine, falling to 0, or constant (cosine)\n"
    "  --momentum M         of sgd (0.9)\n"
    "  --class-weight W     weight of class 1, or balanced (1)\n"
    "  --validation S       share of rows held back (0.2), drawn by class, or\n"
    "  --time-column C      the latest by this column, which is then no input\n"
    "  --seed N             (0)      --dtype float32|float64  (float32)\n"
    "  --check WHEN         start, burn-in, end, every=N epochs, prove, with commas between, or "
    "none\n"
    "                       (start,burn-in,end); prove: prove it at the end, as gradproof prove "
    "does;\n"
    "                       the model's file has the certificate (gradproof verify), and the exit\n"
    "                       code is 1 where the gradient is disproven, 2 where the proof is open\n"
    "  --plant MISTAKE      into the gradient, in training as in checks: see check --help\n"
    "  --jobs N             threads among which each batch is shared out (1); another number "
    "makes\n"
    "                       the same weights but for rounding\n"
    "  --resume FILE        keep a checkpoint there until the model is written, and go on from it\n"
    "  --quiet\n";

const char CLI_SCORE_HELP[] =
    "usage: gradproof score MODEL.safetensors DATA.csv [--threshold T] [--out FILE.csv]\n"
    "\n"
    "A probability of class 1 for each row, as CSV: row,probability[,flag][,reasons]. Columns are "
    "matched "
    "by\n"
    "name. A row that can't be scored is left empty, with a line on standard error, and the exit\n"
    "code is 66 in the end. Standard output or FILE, but neither of the inputs, takes the scores;\n"
    "an earlier FILE stays until the new one is whole.\n"
    "\n"
    "  --threshold T  adds the column flag, 1 from this probability on\n"
    "  --explain      adds the column reasons: the three inputs that moved the score most "
    "(gradient\n"
    "                 times input, of the logit)\n"
    "  --out FILE     (standard output)\n";

const char CLI_EVALUATE_HELP[] =
    "usage: gradproof evaluate MODEL.safetensors DATA.csv [OPTIONS]\n"
    "\n"
    "  --label COLUMN  (the model's own)\n"
    "  --threshold T   of the confusion matrix (0.5)\n"
    "  --cost-fn C     of a missed row of class 1 (1)   --cost-fp C   of a false alarm (1)\n"
    "  --json          as JSON\n"
    "  --picture FILE.svg   precision against recall, calibration, cost against threshold\n"
    "\n"
    "A row whose score isn't a finite number ends it with exit code 66.\n";
