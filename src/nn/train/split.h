/* Which rows are held back for validation, and the order of rows in an epoch. */
#ifndef GP_SPLIT_H
#define GP_SPLIT_H

#include "gradproof/train.h"

/* Orders rows (count of them in the table) so that the last ones are for validation: later by time,
 * or the same share of either class, drawn. Returns how many are for training; SIZE_MAX: out of
 * memory. */
size_t gp_split_rows(const gp_table *table, const gp_train_options *options, size_t label,
                     size_t time, size_t *order);

/* Random streams' parts: see GP_STREAM_SHUFFLE. */
enum { GP_PART_SPLIT = 100, GP_PART_EPOCH = 1000 };
void gp_shuffle(size_t *order, size_t count, uint64_t seed, uint64_t part);

#endif
