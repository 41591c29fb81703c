/* Spaces: what is known of rotations, unit vectors, structured matrices and complex numbers, a row
 * each. An item is one point of a space; a block holds one or many. Everything is computed in
 * double. */
#ifndef GP_SPACE_H
#define GP_SPACE_H

#include "function/function.h"

enum { GP_SPACE_PARTS = 2 };

typedef struct gp_geometry gp_geometry;
typedef struct gp_reading gp_reading;

/* The size of an item, and a user's own retraction. */
typedef struct gp_item {
    const gp_geometry *geometry;
    size_t rows, columns;     /* of a vector: entries, 1; of complex numbers as of real ones */
    size_t numbers;           /* that it is stored in */
    size_t k[GP_SPACE_PARTS]; /* coordinates of each part; 0: there is no such part */
    gp_retraction_f64 retraction;
    void *context;
} gp_item;

static inline size_t gp_item_coordinates(const gp_item *item) {
    return item->k[0] + item->k[1];
}

/* Which entries of a matrix a part's coordinates are, in order; GP_PLACES_NONE: they are no
 * entries. */
typedef enum gp_places {
    GP_PLACES_NONE,
    GP_PLACES_LOWER,  /* (i, j), i >= j, row by row */
    GP_PLACES_STRICT, /* i > j */
    GP_PLACES_UPPER   /* i <= j */
} gp_places;

/* What the numbers of a gradient mean: they are turned into a covector G (the item's numbers) with
 * df = <G, dx> for each dx that is tangent at x. Functions return 0, or what a callback may. */
struct gp_reading {
    const char *name; /* as it is declared; NULL: meant by nobody, but mistakes look like it */
    const char *kind; /* of the diagnosis, where a gradient is this one instead */
    const char *text; /* goes on "the gradient is taken as " and "it would be right as " */
    size_t numbers;   /* of an item; 0: as many as the item's */
    int tangent;      /* G has no normal part, or it is wrong */
    int (*covector)(const gp_item *item, const double *x, const double *g, double *G);
};

struct gp_geometry {
    const char *name;  /* "SO3" */
    const char *title; /* goes on "checked as ": "a rotation" */
    const char *moves; /* goes on "along ": what a coordinate does */
    size_t dimensions; /* of an item's shape, and its extents: 0 where any will do */
    size_t extent[3];
    int shape; /* what else the first two have to be: GP_ANY, GP_SQUARE, ... */
    const char *suffix[GP_SPACE_PARTS]; /* of the blocks' names; "" where there is but one */
    gp_places places[GP_SPACE_PARTS];
    int triangles; /* pairs of entries move together: is the gradient symmetric, or a triangle? */
    const gp_reading *readings;  /* ends with a `covector` of NULL */
    void (*size)(gp_item *item); /* sets k */
    /* y0 (k): the size of each coordinate, by which steps are chosen */
    void (*origin)(const gp_item *item, const double *x, double *y0);
    /* how far x is from the space, as a share of its own size; NULL: every x belongs to it */
    double (*off)(const gp_item *item, const double *x);
    /* x := x0 (+) v */
    int (*plus)(const gp_item *item, const double *x0, const double *v, double *x);
    /* g (k) := (d(x0 (+) v)/dv)' G, where x = x0 (+) v */
    int (*pull)(const gp_item *item, const double *x0, const double *v, const double *x,
                const double *G, double *g);
    /* G := its tangent part at x; NULL: nothing is normal */
    int (*project)(const gp_item *item, const double *x, double *G);
};

enum { GP_ANY, GP_SQUARE, GP_TALL };

/* The space of a block. */
typedef struct gp_space {
    const gp_geometry *geometry; /* NULL: none */
    const gp_reading *reading;
    size_t k; /* of a user's own */
    gp_retraction_f64 retraction;
    void *context;
} gp_space;

/* G := g, of readings by the entries of x. */
int gp_covector_of_entries(const gp_item *item, const double *x, const double *g, double *G);
/* C (n x n) := A B, where a_transposed and b_transposed say which is. C is neither A nor B. */
void gp_multiply(size_t n, const double *A, int a_transposed, const double *B, int b_transposed,
                 double *C);

extern const gp_geometry GP_SPACE_SO3, GP_SPACE_QUATERNION, GP_SPACE_QUATERNION_XYZW, GP_SPACE_SE3,
    GP_SPACE_SPHERE, GP_SPACE_STIEFEL, GP_SPACE_POSITIVE_DEFINITE, GP_SPACE_SYMMETRIC,
    GP_SPACE_SKEW, GP_SPACE_LOWER, GP_SPACE_UPPER, GP_SPACE_HERMITIAN, GP_SPACE_COMPLEX,
    GP_SPACE_OWN;

/* The sizes of a block's items; `items` of them. */
void gp_space_items(const gp_function *function, size_t block, gp_item *item, size_t *items);

static inline const gp_space *gp_space_of(const gp_function *f, size_t block) {
    return block < f->spaces && f->space[block].geometry ? &f->space[block] : NULL;
}

/* How many numbers the gradient has in a block. */
size_t gp_space_gradient_numbers(const gp_function *function, size_t block);

#endif
