/* gradproof: reports as pages, for continuous integration, and in memory. Included by gradproof.h.
 *
 * All writers write numbers with a decimal point, whatever the locale, and escape every name and
 * message as their format demands. They return GP_ERROR_OUTPUT where the stream refuses, and
 * GP_ERROR_MEMORY.
 */
#ifndef GRADPROOF_REPORT_H
#define GRADPROOF_REPORT_H

#ifndef GRADPROOF_H
#error "include <gradproof.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The command line that makes this report again (copied, NULL: none), for the page and the job
 * summary to show. */
GP_API gp_status gp_report_set_command(gp_report *report, const char *command);

/* One HTML file for a browser, which asks for nothing else, with a sentence for readers who aren't
 * engineers at its top. Every number is in its tables, which need no script. Blocks of many entries
 * are binned for the pictures, so that the file stays below 2 MB. Ask for options.curves to have
 * the error against the step in it. In a build without D3 it has tables alone. */
GP_API gp_status gp_report_write_html(const gp_report *report, FILE *stream);

/* JUnit's XML, one test suite with a test case a block, as build servers read it: refuted blocks
 * are failures, inconclusive ones errors, and so is a check that failed. */
GP_API gp_status gp_report_write_junit(const gp_report *report, FILE *stream);

/* Markdown as of GitHub, for the summary of a job: the verdict, causes, a table of the blocks. */
GP_API gp_status gp_report_write_markdown(const gp_report *report, FILE *stream);

/* One sentence of plain text for readers who aren't engineers, as the page and the summary begin:
 * what was proved, how sure that is, and what wasn't looked at. */
GP_API gp_status gp_report_write_summary(const gp_report *report, FILE *stream);

/* The same bytes in memory, and those of gp_report_print and gp_report_write_json, with a NUL
 * behind them: *text is released with gp_text_free; *length, without the NUL, if `length` isn't
 * NULL. GP_ERROR_MEMORY is what can go wrong. */
GP_API gp_status gp_report_text(const gp_report *report, unsigned flags, char **text,
                                size_t *length);
GP_API gp_status gp_report_json(const gp_report *report, char **text, size_t *length);
GP_API gp_status gp_report_html(const gp_report *report, char **text, size_t *length);
GP_API gp_status gp_report_junit(const gp_report *report, char **text, size_t *length);
GP_API gp_status gp_report_markdown(const gp_report *report, char **text, size_t *length);
GP_API gp_status gp_report_summary(const gp_report *report, char **text, size_t *length);
GP_API void gp_text_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
