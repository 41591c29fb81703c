/* The options of a check. */
#ifndef GP_CHECK_OPTIONS_H
#define GP_CHECK_OPTIONS_H

#include "function/function.h"

/* *options := `given` (NULL: none) with every default filled in; GP_ERROR_ARGUMENT with one line
 * for what makes no sense. */
gp_status gp_options_complete(const gp_function *function, const gp_options *given,
                              gp_options *options, gp_error *error);

#endif
