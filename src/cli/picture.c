/* See picture.h. */
#include "cli/picture.h"

#include <math.h>

enum { SIDE = 220, GAP = 70, TOP = 40 };

typedef struct panel {
    FILE *file;
    int left;
    double high; /* of the upper end of the vertical axis */
} panel;

/* Pieces are printed a few numbers at a time: for many, fprintf asks for memory, and where it gets
 * none it prints nothing and the stream's error indicator stays clear. */
static void label(FILE *file, int x, int y, const char *anchor, const char *text) {
    fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>", x, y, anchor, text);
}

static panel start(FILE *file, int number, const char *title, const char *across, const char *up,
                   double high) {
    int left = GAP + number * (SIDE + GAP), middle = TOP + SIDE / 2;
    char highest[32];
    snprintf(highest, sizeof highest, "%.3g", high);
    fprintf(file, "<text x=\"%d\" y=\"24\" text-anchor=\"middle\" font-weight=\"bold\">%s</text>",
            left + SIDE / 2, title);
    fprintf(file, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"black\"/>", left, TOP,
            TOP + SIDE, left + SIDE);
    label(file, left + SIDE / 2, TOP + SIDE + 32, "middle", across);
    fprintf(file, "<g transform=\"translate(%d %d) rotate(-90)\">", left - 34, middle);
    label(file, 0, 0, "middle", up);
    fputs("</g>", file);
    label(file, left - 6, TOP + 5, "end", highest);
    label(file, left - 6, TOP + SIDE + 4, "end", "0");
    label(file, left + SIDE, TOP + SIDE + 16, "middle", "1");
    fputc('\n', file);
    return (panel){file, left, high > 0 ? high : 1};
}

static void point(const panel *p, double x, double y) {
    fprintf(p->file, "%.1f,%.1f ", p->left + x * SIDE, TOP + SIDE * (1 - y / p->high));
}

static void begin_line(const panel *p) {
    fputs("<polyline fill=\"none\" stroke=\"#06b\" stroke-width=\"2\" points=\"", p->file);
}

static void end_line(const panel *p) {
    fputs("\"/>\n", p->file);
}

static double cost_at(const gp_curve *c, size_t k, double cost_fn, double cost_fp) {
    return cost_fn * (double)(c->positives - c->true_positives[k]) +
           cost_fp * (double)c->false_positives[k];
}

static void draw(FILE *file, const gp_quality *q, const gp_curve *c, double cost_fn,
                 double cost_fp) {
    panel p = start(file, 0, "Precision and recall", "recall", "precision", 1);
    begin_line(&p);
    for (size_t k = 0; k < c->points && c->positives; k++)
        point(&p, (double)c->true_positives[k] / (double)c->positives,
              (double)c->true_positives[k] /
                  (double)(c->true_positives[k] + c->false_positives[k]));
    end_line(&p);
    p = start(file, 1, "Calibration", "probability said", "share of class 1", 1);
    fprintf(file, "<path d=\"M%d %dL%d %d\" stroke=\"#bbb\"/>", p.left, TOP + SIDE, p.left + SIDE,
            TOP);
    begin_line(&p);
    for (int b = 0; b < 10; b++)
        if (q->bin_rows[b])
            point(&p, q->bin_probability[b], q->bin_share[b]);
    end_line(&p);
    double most = 0, ceiling = cost_fn * (double)c->positives;
    for (size_t k = 0; k < c->points; k++)
        if (c->threshold[k] >= 1e-3) /* calling nearly everything class 1 would dwarf the rest */
            most = fmax(most, fmin(cost_at(c, k, cost_fn, cost_fp), 2 * ceiling));
    p = start(file, 2, "Cost", "threshold", "cost", fmax(most, ceiling));
    begin_line(&p);
    point(&p, 1, ceiling);
    for (size_t k = 0; k < c->points; k++)
        if (cost_at(c, k, cost_fn, cost_fp) <= p.high)
            point(&p, c->threshold[k], cost_at(c, k, cost_fn, cost_fp));
    end_line(&p);
}

void cli_draw_quality(FILE *file, const gp_quality *q, const gp_curve *c, double cost_fn,
                      double cost_fp) {
    int width = GAP + 3 * (SIDE + GAP), height = TOP + SIDE + 50;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"12\"><rect width=\"%d\" height=\"%d\" "
            "fill=\"white\"/>\n",
            width, height, width, height);
    draw(file, q, c, cost_fn, cost_fp);
    fputs("</svg>\n", file);
}
