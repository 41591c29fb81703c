"""A report's page in a real browser, Chromium where there is one: both themes, a telephone's width, without scripts, by the
keyboard alone; nothing on the console, and nothing asked for but the page."""

import json
import os
import sys
import tempfile
import unittest

from chromium import PROGRAM, Chromium
from harness import ProgramTest, run

SKIPPED = 77  # ctest: SKIP_RETURN_CODE
TAB, ENTER, RIGHT, DOWN = ("Tab", 9), ("Enter", 13, "\r"), ("ArrowRight", 39), ("ArrowDown", 40)

# Contrast as of WCAG 2: the ratio of each visible text's colour to the first opaque background behind it.
CONTRAST = """(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return {rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1}; };
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); };
  const light = rgb => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const c = parse(getComputedStyle(node).backgroundColor);
      if (c.a === 1) return c.rgb;
    }
    return [255, 255, 255];
  };
  const low = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(node.tagName)) continue;
    const style = getComputedStyle(node), svg = node.closest('svg');
    const one = light(parse(svg ? style.fill : style.color).rgb), other = light(behind(node));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) low.push([walk.currentNode.textContent.trim().slice(0, 30), ratio]);
  }
  return low;
})()"""


class Browser(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory(prefix="gradproof-browser-")
        cls.addClassCleanup(cls.shared.cleanup)
        cls.pages = {}
        data = os.path.join(cls.shared.name, "payments.csv")
        run("generate", "--rows", "600", "--out", data)
        network = ("network", "--data", data, "--label", "fraud")
        for name, words in {"refuted": ("notebook:given",), "verified": ("notebook:corrected",),
                            "large": (*network, "--hidden", "64,48", "--strategy", "full", "--plant", "W2:entry=1000,add=1e-4"),
                            "directions": (*network, "--strategy", "project"),
                            "open": ("notebook:given", "--budget", "100e")}.items():
            cls.pages[name] = os.path.join(cls.shared.name, name + ".html")
            run("check", *words, "--html", cls.pages[name])
        cls.browser = cls.enterClassContext(Chromium(os.path.join(cls.shared.name, "profile")))

    def setUp(self):
        super().setUp()
        self.ask = self.browser.ask

    def open(self, name, **how):
        self.browser.open(self.pages[name], **how)

    def open_with_pictures(self, name, **how):
        self.open(name, **how)
        if self.ask("typeof d3") == "undefined":
            self.skipTest("a build without D3")

    def focused(self):
        return self.ask("document.activeElement.id || document.activeElement.className.baseVal || "
                        "document.activeElement.tagName.toLowerCase()")

    def tab_to(self, wanted):
        for _ in range(80):
            self.browser.press(*TAB)
            if self.focused() == wanted:
                return
        self.fail(f"Tab doesn't lead to {wanted}")

    def test_nothing_is_asked_for_and_nothing_complains(self):
        for name in self.pages:
            for how in ({}, {"dark": True}, {"width": 360}, {"scripts": False}):
                self.open(name, **how)
                self.assertEqual(len(self.browser.requests()), 1, self.browser.requests())
                self.assertEqual(self.browser.complaints(), [], (name, how))

    def test_themes_follow_the_system_and_the_switch(self):
        paper = "getComputedStyle(document.body).backgroundColor"
        self.open("refuted")
        light = self.ask(paper)
        self.open("refuted", dark=True)
        dark = self.ask(paper)
        self.assertNotEqual(light, dark)
        self.assertEqual(self.ask("document.getElementById('theme').textContent"), "Light theme")
        self.tab_to("theme")
        for expected in (light, dark):
            self.browser.press(*ENTER)
            self.assertEqual(self.ask(paper), expected)
        if self.ask("typeof d3") == "undefined":
            return
        fills = "[...document.querySelectorAll('.heat svg.cells rect.cell')].map(r => r.getAttribute('fill'))"
        before = self.ask(fills)
        self.browser.press(*ENTER)
        self.assertEqual(len(self.ask(fills)), len(before))
        self.assertNotEqual(self.ask(fills), before)

    def test_text_has_contrast_in_both_themes(self):
        for name in self.pages:
            for dark in (False, True):
                self.open(name, dark=dark)
                self.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
                self.ask("new Promise(done => setTimeout(done, 50))")
                self.assertEqual(self.ask(CONTRAST), [], (name, dark))

    def test_a_telephone_scrolls_down_alone(self):
        for name in self.pages:
            for width in (320, 360, 768):
                self.open(name, width=width)
                self.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
                self.ask("new Promise(done => setTimeout(done, 50))")
                self.assertLessEqual(self.ask("document.documentElement.scrollWidth"), width, name)
                self.assertEqual(self.ask("[...document.querySelectorAll('figure svg')].filter("
                                          f"s => s.getBoundingClientRect().right > {width}).length"), 0)

    def test_without_scripts_every_table_is_there(self):
        for name in self.pages:
            self.open(name)
            with_scripts = self.ask("document.querySelectorAll('table').length")
            self.open(name, scripts=False)
            self.browser.call("Emulation.setScriptExecutionDisabled", value=False)  # to be able to ask
            self.assertEqual(self.ask("document.querySelectorAll('table').length"), with_scripts)
            self.assertEqual(self.ask("[...document.querySelectorAll('#summary, #blocks table')].filter("
                                      "t => t.getBoundingClientRect().height < 20).length"), 0)
            self.assertEqual(self.ask("document.querySelectorAll('figure:not([hidden]), figure *').length"), 0)
            self.assertTrue(self.ask("document.getElementById('theme').hidden"))

    def test_pictures_are_drawn(self):
        self.open_with_pictures("refuted")
        data = json.loads(self.ask("document.getElementById('data').textContent"))
        drawn = self.ask("[...document.querySelectorAll('details[open]')].map(d => [d.querySelector('h3').textContent,"
                         " d.querySelectorAll('.heat svg.cells rect.cell').length, d.querySelectorAll('.curve > svg circle').length])")
        self.assertEqual([one[0] for one in drawn], ["b1", "W2"])
        for name, cells, dots in drawn:
            block = next(b for b in data["blocks"] if b["name"] == name)
            curve = next(c for c in data["curves"] if c["block"] == name)
            self.assertEqual(cells, len(block["cells"]))
            self.assertEqual(dots, len([s for s in curve["steps"] if s[1] is not None]))
        self.assertEqual(self.ask("[...document.querySelectorAll('figure:not([hidden]) > svg')].filter("
                                  "s => !s.getAttribute('aria-label') || !s.getAttribute('role')).length"), 0)

    def test_large_blocks_are_binned_and_still_tell_the_worst(self):
        self.open_with_pictures("large")
        self.ask("location.hash = 'b2'")
        self.assertIn("each cell shows the worst of up to", self.ask("document.querySelector('#b2 figcaption').textContent"))
        self.assertLess(self.ask("document.querySelectorAll('#b2 rect.cell').length"), 48 * 64)
        self.tab_to("cells")
        self.assertIn("1 of them refuted", self.ask("document.querySelector('#b2 .say').textContent"))
        self.assertIn("W2[15][40]: refuted", self.ask("document.querySelector('#b2 .say').textContent"))

    def test_the_keyboard_alone_reads_everything(self):
        self.open_with_pictures("refuted")
        self.browser.press(*TAB)
        self.assertEqual(self.ask("document.activeElement.className"), "skip")
        self.tab_to("cells")
        say = "document.activeElement.closest('figure').querySelector('.say').textContent"
        seen = [self.ask(say)]
        for _ in range(4):
            self.browser.press(*RIGHT)
            seen.append(self.ask(say))
        self.assertEqual(len(set(seen)), 5)  # the five entries of b1
        for k, text in enumerate(seen):
            for word in (f"b1[{k}][0]: refuted", "Gradient ", "estimate ", " ± ", "relative error "):
                self.assertIn(word, text)
        self.browser.press(*DOWN)
        self.assertEqual(self.ask(say), seen[-1])  # there is no more
        self.assertEqual(self.ask("[...document.querySelectorAll('details:not([open])')].length"), 4)
        self.ask("document.querySelector('#b0 summary').focus()")
        self.browser.press(*ENTER)
        self.assertTrue(self.ask("document.getElementById('b0').open"))
        self.ask("new Promise(done => setTimeout(done, 50))")
        self.assertEqual(self.ask("document.querySelectorAll('#b0 rect.cell').length"), 20)

    def test_a_pointer_says_the_same(self):
        self.open_with_pictures("refuted")
        self.ask("document.querySelector('#b2 .heat').scrollIntoView({block: 'center'})")
        at = self.ask("(() => { const r = document.querySelectorAll('#b2 rect.cell')[7].getBoundingClientRect();"
                      " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=at[0], y=at[1])
        self.assertIn("W2[1][2]: refuted", self.ask("document.querySelector('#b2 .say').textContent"))

    def test_links_open_their_block(self):
        self.open("verified")
        self.assertFalse(self.ask("document.getElementById('b3').open"))
        self.ask("document.querySelector('#blocks a[href=\"#b3\"]').click()")
        self.ask("new Promise(done => setTimeout(done, 100))")
        self.assertTrue(self.ask("document.getElementById('b3').open"))


if __name__ == "__main__":
    if not PROGRAM:
        print("skipped: there is no chromium")
        sys.exit(SKIPPED)
    unittest.main()
