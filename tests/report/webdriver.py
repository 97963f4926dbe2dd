"""A browser, driven over the WebDriver protocol (https://www.w3.org/TR/webdriver2/) with the standard library alone."""

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Tab": "\ue004",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "PageDown": "\ue00f",
    "Home": "\ue011",
    "End": "\ue010",
}
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-device-scale-factor=1",
)


class WebDriverError(Exception):
    """What the driver answered."""


@contextlib.contextmanager
def browser(driver, binary, width=1400, height=1000):
    """A headless Chromium with an empty profile; it and its driver end with the block."""
    profile = tempfile.mkdtemp(prefix="hasten-browser-")
    process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield Browser(_address(process), binary, profile, width, height)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _address(process):
    for line in process.stdout:
        if "started successfully on port" in line:
            return f"http://127.0.0.1:{line.split()[-1].rstrip('.')}"
    raise WebDriverError("chromedriver ended before it listened")


class Browser:
    """One window."""

    def __init__(self, address, binary, profile, width, height):
        self._address = address
        options = {
            "binary": binary,
            "args": [*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"],
        }
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{answer['sessionId']}"

    def close(self):
        """Ends the browser."""
        self._call("DELETE", self._session)

    def open(self, url):
        """Loads a page, and waits until it is there."""
        self._post("/url", {"url": url})

    def run(self, script, *args):
        """What a piece of JavaScript returns."""
        return self._post("/execute/sync", {"script": script, "args": list(args)})

    def find(self, selector):
        """The first element of a CSS selector; it must be there."""
        return self._post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector):
        """What can be read in an element."""
        return self._get(f"/element/{self.find(selector)}/text")

    def texts(self, selector):
        """What can be read in each of these elements, in one line each."""
        script = (
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText.replace(/\\s+/g, ' '))"
        )
        return self.run(script, selector)

    def attribute(self, selector, name):
        """An attribute of the first element of a selector."""
        return self.run("return document.querySelector(arguments[0]).getAttribute(arguments[1])", selector, name)

    def count(self, selector):
        """How many elements there are."""
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def focus(self):
        """What has the focus: its id, the row of the table, or its name."""
        return self.run("const at = document.activeElement; return at.id || at.dataset.at || at.tagName")

    def box(self, selector):
        """Left, top, width and height of an element in the window."""
        script = "const at = document.querySelector(arguments[0]).getBoundingClientRect();"
        return [round(number) for number in self.run(f"{script} return [at.x, at.y, at.width, at.height]", selector)]

    def click(self, selector):
        """A click of the mouse on an element."""
        element = self.find(selector)
        # Else what sticks to the top of the window may cover it.
        self.run("arguments[0].scrollIntoView({block: 'center'})", {ELEMENT: element})
        self._post(f"/element/{element}/click", {})

    def type(self, selector, text):
        """Keys into an element."""
        self._post(f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *names):
        """Keys, pressed and released one after another, into what has the focus."""
        strokes = []
        for name in names:
            key = KEYS.get(name, name)
            strokes += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def point(self, x, y, *then):
        """Moves the mouse; `then` are further actions of it."""
        moves = [{"type": "pointerMove", "x": x, "y": y, "duration": 0}, *then]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        self._post("/actions", {"actions": [mouse]})

    def turn_wheel(self, x, y, by):
        """Turns the wheel of the mouse."""
        turn = {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by, "duration": 0}
        self._post("/actions", {"actions": [{"type": "wheel", "id": "wheel", "actions": [turn]}]})

    def resize(self, width, height):
        """Gives the window another size."""
        self._post("/window/rect", {"width": width, "height": height})

    def screenshot(self, path):
        """Writes what can be seen as a PNG."""
        path.write_bytes(base64.b64decode(self._get("/screenshot")))

    def wait_for(self, script, *args):
        """Waits until a piece of JavaScript returns something true, and returns it."""
        end = time.monotonic() + 20
        while True:
            found = self.run(script, *args)
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"never true: {script} {args}")
            time.sleep(0.02)

    def emulate_dark(self, dark):
        """Tells pages that the system is dark, or light; and never to move slowly, which would need waiting."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        features = [scheme, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.cdp("Emulation.setEmulatedMedia", {"features": features})

    def cdp(self, command, params):
        """A command of Chromium's own protocol, for what WebDriver does not have."""
        return self._post("/goog/cdp/execute", {"cmd": command, "params": params})

    def console(self):
        """What was written to the console since the last call."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def requests(self):
        """The addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._post("/se/log", {"type": "performance"})]
        asked = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in asked]

    def _get(self, path):
        return self._call("GET", self._session + path)

    def _post(self, path, body):
        return self._call("POST", self._session + path, body)

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise WebDriverError(f"{path}: {value['error']}: {value['message']}") from None
