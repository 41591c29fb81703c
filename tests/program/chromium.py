"""A headless Chromium, spoken to through a pipe (the DevTools protocol), with nothing but Python's own library."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

PROGRAM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


class Chromium:
    """`with Chromium() as browser:` then `browser.open(path, ...)`, once for each page."""

    def __init__(self, profile):
        to_it, from_us = os.pipe()
        from_it, to_us = os.pipe()

        def place():
            os.dup2(to_it, 10), os.dup2(to_us, 11)  # neither may be in the other's way
            os.dup2(10, 3), os.dup2(11, 4)

        self.process = subprocess.Popen(
            [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage",
             f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=place,
            pass_fds=(3, 4))
        os.close(to_it), os.close(to_us)
        self.write_to, self.read_from = from_us, from_it
        self.rest, self.number, self.session, self.events = b"", 0, None, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close", session=None)
        except (OSError, RuntimeError):
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.write_to), os.close(self.read_from)

    def message(self, seconds):
        """The next message, or None after so long."""
        end = time.monotonic() + seconds
        while b"\0" not in self.rest:
            if not select.select([self.read_from], [], [], max(0, end - time.monotonic()))[0]:
                return None
            got = os.read(self.read_from, 1 << 20)
            if not got:
                raise RuntimeError("chromium has ended")
            self.rest += got
        one, self.rest = self.rest.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, session="", **parameters):
        self.number += 1
        words = {"id": self.number, "method": method, "params": parameters}
        if session == "" and self.session:
            words["sessionId"] = self.session
        os.write(self.write_to, json.dumps(words).encode() + b"\0")
        while True:
            answer = self.message(60)
            if answer is None:
                raise RuntimeError(f"{method}: no answer")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def open(self, path, width=1100, height=900, dark=False, scripts=True):
        """A new page, loaded, in the place of the earlier one."""
        if self.session:
            self.call("Target.closeTarget", session=None, targetId=self.target)
        self.session = None
        self.events.clear()
        self.target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait_for("Page.loadEventFired")

    def wait_for(self, method, seconds=60):
        end = time.monotonic() + seconds
        while not any(event["method"] == method for event in self.events):
            event = self.message(end - time.monotonic())
            if event is None:
                raise RuntimeError(f"no {method}")
            self.events.append(event)

    def ask(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, key, code=0, text=None):
        for kind in ("rawKeyDown" if text is None else "keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)

    def picture(self, path, clip=None):
        more = {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True} if clip else {}
        data = self.call("Page.captureScreenshot", format="png", **more)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def requests(self):
        """Everything that was asked for, the page itself included."""
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What went wrong in scripts, on the console or in the log."""
        return [e["params"] for e in self.events
                if e["method"] == "Runtime.exceptionThrown" or e["method"] == "Log.entryAdded" or
                (e["method"] == "Runtime.consoleAPICalled" and e["params"]["type"] in ("error", "warning", "assert"))]
