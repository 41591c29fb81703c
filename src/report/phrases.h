/* Words that more than one writer uses. All are plain text: a writer escapes them. */
#ifndef GP_PHRASES_H
#define GP_PHRASES_H

#include "judge/findings.h"

/* "16 x 8", or "scalar". */
void gp_write_shape(const gp_block_result *block, char *text, size_t size);

/* Have random directions decided any block? Those of a check that was ended early haven't. */
int gp_has_directions(const gp_report *report);

/* "10,000,000" */
enum { GP_COUNT_SIZE = 32 };
const char *gp_write_count(uint64_t count, char text[GP_COUNT_SIZE]);

/* "float64", or "float32 against a float64 value". */
const char *gp_precision(const gp_report *report);
const char *gp_strategy_word(gp_strategy strategy);

/* One sentence for readers who aren't engineers: what was proved, how sure that is, and what wasn't
 * looked at. */
enum { GP_SUMMARY_SIZE = 2048 };
void gp_write_summary(const gp_report *report, char text[GP_SUMMARY_SIZE]);

/* Why an inconclusive report is: "3 of 47 numbers could not be decided (noise 2, kink 1)". */
void gp_write_doubt(const gp_report *report, char *text, size_t size);

#endif
