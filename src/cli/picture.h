/* What evaluate shows, as a picture. */
#ifndef GP_CLI_PICTURE_H
#define GP_CLI_PICTURE_H

#include "gradproof/train.h"

/* An SVG of three panels: precision against recall, the share of class 1 against the probability
 * said, and cost against threshold. What can't be written shows in the stream. */
void cli_draw_quality(FILE *file, const gp_quality *quality, const gp_curve *curve, double cost_fn,
                      double cost_fp);

#endif
