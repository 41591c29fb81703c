"""Reports as pages and for build servers: what the program has written is parsed again and held against its JSON."""

import collections
import html.parser
import json
import math
import os
import subprocess
import unittest
import xml.etree.ElementTree as xml

from harness import BUILD, PROGRAM, ProgramTest, run

VOID = {"meta", "link", "br", "hr", "img", "input"}
STRANGE = "<script>alert('x')</script>|`*&amp;\"]]>"
MISBEHAVING = os.path.join(BUILD, "libmisbehaving.so")


class Page(html.parser.HTMLParser):
    """The text of a page by element and id, its tables, and everything that could ask for something."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.texts, self.tables, self.asked = [], collections.defaultdict(str), [], []
        self.ids = collections.Counter()
        self.feed(text)
        self.close()
        if self.open:
            raise AssertionError(f"not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        self.asked += [(tag, name, value) for name, value in attributes if name in ("src", "href", "srcset", "data", "action")]
        if "id" in of:
            self.ids[of["id"]] += 1
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append((tag, of.get("id")))

    def handle_endtag(self, tag):
        last, _ = self.open.pop()
        if last != tag:
            raise AssertionError(f"{tag} closes {last} at {self.getpos()}")

    def handle_data(self, data):
        for tag, name in self.open:
            self.texts[name or tag] += data
        if any(tag in ("td", "th") for tag, _ in self.open):
            self.tables[-1][-1][-1] += data

    def table(self, first):
        return next(table for table in self.tables if table[0][0] == first)


class Reports(ProgramTest):
    def check(self, *arguments, code=1):
        """The four formats of one check: page, tree of XML, Markdown, JSON."""
        paths = {name: self.path("report." + name) for name in ("html", "junit", "markdown", "json")}
        result = run("check", *arguments[:1], *(word for name, path in paths.items() for word in ("--" + name, path)),
                     *arguments[1:])
        self.assertEqual(result.code, code, result.err)
        texts = {}
        for name, path in paths.items():
            with open(path, encoding="utf-8", newline="") as file:
                texts[name] = file.read()
        self.texts = texts
        return Page(texts["html"]), xml.fromstring(texts["junit"].encode()), texts["markdown"], json.loads(texts["json"])

    def shared_object(self, block):
        """A function of the test's own, its gradient wrong in the last entry, with such a name."""
        source = self.path("mine.c", """
            #include <gradproof.h>
            static int value(void *u, size_t n, const double *x, double *f) {
                (void)u; *f = 0;
                for (size_t i = 0; i < n; i++) *f += x[i] * x[i] * x[i];
                return 0;
            }
            static int gradient(void *u, size_t n, const double *x, double *g) {
                (void)u;
                for (size_t i = 0; i < n; i++) g[i] = 3 * x[i] * x[i];
                g[n - 1] *= 2;
                return 0;
            }
            int gradproof_function(gp_function *f, int argc, char **argv) {
                const size_t shape[] = {2, 3};
                const double x[] = {1, 2, 3, 4, 5, 6};
                (void)argc;
                return gp_function_add_block(f, argv[0], 0, 2, shape, x) || gp_function_set_value(f, value) ||
                       gp_function_set_gradient(f, gradient);
            }""")
        library = self.path("libmine.so")
        include = os.path.join(os.environ["GP_SOURCE"], "include")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-I", include, source, "-o", library], check=True)
        return library, "--", block

    # ---- the page ----

    def test_a_page_says_what_json_says(self):
        page, _, _, report = self.check("notebook:given")
        rows = {row[0]: row for row in page.table("Block")[1:]}
        self.assertEqual(list(rows), [block["name"] for block in report["blocks"]])
        for block in report["blocks"]:
            row, worst = rows[block["name"]], block["worst"]
            self.assertEqual(row[1], " x ".join(map(str, block["shape"])))
            self.assertIn(block["verdict"], row[2])
            self.assertEqual(row[3], f"{block['exercised']}/{sum(block['entries'].values())}")
            self.assertEqual(row[5], worst["name"])
            self.assertEqual(float(row[6]), float(f"{worst['analytic']:.9g}"))
            self.assertEqual(float(row[7]), float(f"{worst['numeric']:.9g}"))
            for diagnosis in block["diagnosis"]:
                self.assertIn(diagnosis["message"], page.texts["main"])
        for unit in report["coverage"]["silent"]:
            self.assertIn(unit, page.texts["main"])
        self.assertIn("wrong in b1 and W2, 2 of its 6 parts", page.texts["summary"])
        self.assertIn("gradproof check notebook:given --html", page.texts["pre"])
        self.assertIn(report["version"], page.texts["main"])

    def test_pictures_are_drawn_from_the_report(self):
        page, _, _, report = self.check("notebook:given")
        data = json.loads(page.texts["data"])
        for drawn, block in zip(data["blocks"], report["blocks"], strict=True):
            status = collections.Counter(cell[3] for cell in drawn["cells"])
            self.assertEqual(status[1], block["entries"]["verified"])
            self.assertEqual(status[2], block["entries"]["refuted"])
            self.assertEqual({(cell[0], cell[1]) for cell in drawn["cells"]},
                             {(row, column) for row in range(drawn["rows"]) for column in range(drawn["columns"])})
            worst = next(cell for cell in drawn["cells"] if cell[2] == block["worst"]["name"])
            self.assertEqual(worst[4], float(f"{block['worst']['analytic']:.9g}"))
        self.assertEqual(len(data["curves"]), 6)
        tables = dict(zip((b["name"] for b in report["blocks"]), (t for t in page.tables if t[0][0] == "Step")))
        for curve in data["curves"]:
            off = abs(curve["gradient"] - curve["estimate"])
            self.assertEqual(off > 1e-5 * abs(curve["gradient"]), curve["block"] in ("b1", "W2"))
            best = min(error for _, error, _ in curve["steps"])
            self.assertLess(best, 1e-7 * max(1, abs(curve["estimate"])))  # some step finds the derivative,
            self.assertGreater(max(error for _, error, _ in curve["steps"]), 1000 * best)  # and another doesn't
            steps = {f"{step:.0e}": error for step, error, _ in curve["steps"] if abs(math.log10(step) % 1 - 0.5) > 0.4}
            table = tables.pop(curve["block"])
            self.assertEqual([row[0] for row in table[1:]], list(steps))
            for step, quotient, error, *_ in table[1:]:
                self.assertAlmostEqual(float(error), steps[step], delta=0.06 * steps[step])
                self.assertAlmostEqual(abs(float(quotient) - curve["estimate"]), steps[step],
                                       delta=0.01 * steps[step] + 1e-11 * abs(float(quotient)))
        self.assertEqual(tables, {})

    def test_a_page_asks_for_nothing(self):
        page, *_ = self.check("notebook:given")
        for tag, name, value in page.asked:
            self.assertTrue(value.startswith("#") or value == "data:,", (tag, name, value))
        self.assertNotRegex(self.texts["html"], r"@import|url\(|<iframe|<img|fetch\(|XMLHttpRequest|importScripts|WebSocket")
        self.assertEqual([name for name, times in page.ids.items() if times > 1], [])
        targets = {value[1:] for _, name, value in page.asked if value.startswith("#")}
        self.assertLessEqual(targets, set(page.ids))

    def test_whoever_runs_it_the_page_is_the_same(self):
        pages = []
        for jobs in ((), ("--jobs", "1"), ("--jobs", "3")):
            self.check("notebook:given", *jobs)
            pages.append(self.texts["html"].replace(" " + " ".join(jobs), "") if jobs else self.texts["html"])
        self.assertEqual(pages[0], pages[1])
        self.assertEqual(pages[0], pages[2])

    def test_a_check_is_the_same_with_a_page(self):
        _, _, _, report = self.check("notebook:corrected", code=0)
        without = run("check", "notebook:corrected", "--json", "-").report
        for one in (report, without):
            self.assertGreater(one.pop("seconds"), 0)
        extra = report.pop("evaluations")["value"] - without.pop("evaluations")["value"]
        self.assertTrue(0 < extra <= 6 * 120, extra)
        self.assertEqual(report, without)

    # ---- names ----

    def test_names_are_text(self):
        page, suite, markdown, report = self.check(*self.shared_object(STRANGE))
        self.assertEqual(report["blocks"][0]["name"], STRANGE)
        self.assertEqual(page.table("Block")[1][0], STRANGE)
        self.assertEqual(json.loads(page.texts["data"])["blocks"][0]["name"], STRANGE)
        self.assertNotIn("<script>alert", self.texts["html"])
        self.assertEqual(suite.find("testsuite/testcase").get("name"), STRANGE)
        self.assertNotIn("<script>", markdown)
        row = next(line for line in markdown.split("\n") if "2 x 3" in line)
        cells = [html.unescape(cell.strip()) for cell in row.split("|")]
        self.assertEqual(cells[1], STRANGE)
        self.assertEqual(len(cells), 10)
        self.assertNotIn("`", markdown)
        self.assertIn(STRANGE.replace("'", "'\\''"), page.texts["pre"])

    def test_control_characters_are_shown(self):
        page, suite, markdown, _ = self.check(*self.shared_object("a\x1b[2Jb\x7f\nc\u009bd"))
        shown = "a\\x1b[2Jb\\x7f\\x0ac\\xc2\\x9bd"
        self.assertEqual(page.table("Block")[1][0], shown)
        self.assertEqual(suite.find("testsuite/testcase").get("name"), shown)
        self.assertIn(shown, html.unescape(markdown))

    # ---- build servers ----

    def assert_junit(self, root):
        """As of the schema that build servers publish: elements, their order, their attributes, and counts that are right."""
        self.assertEqual(root.tag, "testsuites")
        for suite in root:
            self.assertEqual(suite.tag, "testsuite")
            self.assertLessEqual({"name", "tests", "failures", "errors", "time"}, set(suite.attrib))
            self.assertLessEqual(set(suite.attrib), {"name", "tests", "failures", "errors", "skipped", "time"})
            children = [child.tag for child in suite]
            self.assertEqual(children, ["properties"] + ["testcase"] * (len(children) - 1))
            for item in suite[0]:
                self.assertEqual((item.tag, set(item.attrib)), ("property", {"name", "value"}))
            counts = collections.Counter()
            for case in suite[1:]:
                self.assertEqual(set(case.attrib), {"name", "classname", "time"})
                float(case.get("time"))
                for child in case:
                    counts[child.tag] += 1
                    self.assertIn(child.tag, ("failure", "error", "system-out"))
                    if child.tag != "system-out":
                        self.assertEqual(set(child.attrib), {"type", "message"})
            for scope in (root, suite):
                self.assertEqual(int(scope.get("tests")), len(children) - 1)
                self.assertEqual(int(scope.get("failures")), counts["failure"])
                self.assertEqual(int(scope.get("errors")), counts["error"])
                self.assertGreaterEqual(float(scope.get("time")), 0)

    def test_junit_has_a_case_a_block(self):
        _, root, _, report = self.check("notebook:given")
        self.assert_junit(root)
        suite = root.find("testsuite")
        self.assertEqual(suite.get("name"), report["function"])
        cases = {case.get("name"): case for case in suite.findall("testcase")}
        self.assertEqual(list(cases), [block["name"] for block in report["blocks"]])
        for block in report["blocks"]:
            failure = cases[block["name"]].find("failure")
            self.assertEqual(failure is not None, block["verdict"] == "refuted")
            if failure is not None:
                self.assertEqual(failure.get("message"), block["diagnosis"][0]["message"])
                self.assertEqual(failure.get("type"), block["diagnosis"][0]["kind"])
                self.assertIn(block["worst"]["name"], failure.text)
        properties = {item.get("name"): item.get("value") for item in suite.find("properties")}
        self.assertEqual(properties["seed"], "0")
        self.assertEqual(int(properties["evaluations.value"]), report["evaluations"]["value"])
        self.assertAlmostEqual(float(properties["resolution"]) / report["resolution"], 1, 2)

    def test_nothing_but_right_is_green(self):
        library, *words = MISBEHAVING, "--"
        for target, code in ((("notebook:corrected",), 0), (("notebook:given", "--budget", "100e"), 2), ((library, *words, "nan-value"), 3), ((library, *words, "crash-at-start"), 3)):
            page, root, markdown, report = self.check(*target, code=code)
            self.assert_junit(root)
            suite = root.find("testsuite")
            bad = int(suite.get("failures")) + int(suite.get("errors"))
            self.assertEqual(bad > 0, code != 0, report["verdict"])
            self.assertIn(report["verdict"], page.texts["title"])
            self.assertIn(report["verdict"].capitalize(), markdown.split("\n")[0])
            if report["failure"]:
                self.assertIn(report["failure"]["message"], page.texts["summary"])
                self.assertIn(report["failure"]["message"], html.unescape(markdown))

    def test_a_job_s_summary(self):
        _, _, markdown, report = self.check("notebook:given")
        lines = markdown.split("\n")
        self.assertIn("Refuted", lines[0])
        diagnosis, table = markdown.index("What is wrong"), markdown.index("| block |")
        self.assertLess(diagnosis, table)
        rows = [[html.unescape(cell.strip()) for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]
        self.assertEqual({len(row) for row in rows}, {8})
        names = [row[0] for row in rows[2:]]
        self.assertEqual(set(names), {block["name"] for block in report["blocks"]})
        self.assertEqual(set(names[:2]), {"b1", "W2"})  # what is wrong comes first
        for block in report["blocks"]:
            for item in block["diagnosis"]:
                self.assertIn(item["message"], html.unescape(markdown))

    # ---- options ----

    def test_one_of_them_may_take_standard_output(self):
        for name, begin in (("html", "<!DOCTYPE html>"), ("junit", "<?xml"), ("markdown", "## "), ("json", "{")):
            result = run("check", "notebook:given", "--" + name, "-")
            self.assertEqual(result.code, 1)
            self.assertTrue(result.out.startswith(begin), result.out[:80])
            self.assertNotIn("refuted: notebook:given", result.out)
        result = run("check", "notebook:given", "--html", "-", "--json", "-")
        self.assertEqual((result.code, result.out), (64, ""))
        self.assert_one_line(result.err, "--json - and --html -: standard output has room for one")

    def test_two_outputs_in_one_file_are_refused(self):
        same = self.path("same")
        os.symlink("same", self.path("link"))
        for other in (same, self.path("link")):
            result = run("check", "notebook:given", "--json", same, "--markdown", other)
            self.assertEqual((result.code, result.out), (64, ""))
            self.assert_one_line(result.err, "is the same file as")
        self.assertFalse(os.path.exists(same))

    def test_one_that_cannot_be_written_keeps_none_from_it(self):
        page = self.path("page.html")
        result = run("check", "notebook:given", "--junit", "/dev/full", "--html", page)
        self.assertEqual(result.code, 70)
        self.assert_one_line(result.err, "the JUnit report: ", "/dev/full", "can't be written")
        self.assertIn("refuted: notebook:given", result.out)
        with open(page, encoding="utf-8") as file:
            Page(file.read())

    def test_commands_are_quoted_for_a_shell(self):
        strange = self.path("it's a $HOME `page`.html")
        self.assertEqual(run("check", "notebook:given", "--html", strange).code, 1)
        with open(strange, encoding="utf-8") as file:
            command = Page(file.read()).texts["pre"]
        self.assertTrue(command.startswith("gradproof check notebook:given --html "), command)
        os.remove(strange)
        done = subprocess.run(["sh", "-c", command.replace("gradproof", PROGRAM, 1)], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(os.path.exists(strange))


if __name__ == "__main__":
    unittest.main()
