"""The timeline, by mouse and by keyboard."""

import pytest

LABELS = 56  # pixels at the left


@pytest.fixture
def lanes(page, small):
    page.open(small)
    page.run("document.getElementById('timeline').scrollIntoView(); document.getElementById('lanes').focus()")
    page.wait_for("return document.getElementById('lanes').width > 300")
    return Lanes(page)


class Lanes:
    """The canvas, and what it has looked like."""

    def __init__(self, page):
        self._page = page
        self.looks = [self.look()]

    def look(self):
        return self._page.run("return document.getElementById('lanes').toDataURL()")

    def change(self, act, *args):
        """Does something, and waits until the canvas looks different."""
        act(*args)
        self._page.wait_for("return document.getElementById('lanes').toDataURL() !== arguments[0]", self.looks[-1])
        self.looks.append(self.look())


def _said(page):
    return page.run("return document.getElementById('said').textContent")


def test_it_zooms_and_moves_by_keyboard_and_buttons(page, lanes):
    for key in ("+", "+", "ArrowRight", "ArrowLeft", "-"):
        lanes.change(page.press, key)
    lanes.change(page.click, "#zoom-in")
    lanes.change(page.click, "#earlier")
    lanes.change(page.press, "0")
    assert lanes.looks[-1] == lanes.looks[0], "the whole run again"


def test_it_zooms_by_wheel_and_is_dragged(page, lanes):
    x, y, width, _ = page.box("#lanes")
    x, y = x + width // 2, y + 60
    # Over a timeline that nobody uses, the wheel scrolls the page.
    page.run("document.activeElement.blur()")
    page.turn_wheel(x, y, 50)
    assert lanes.look() == lanes.looks[0]
    page.run("document.getElementById('timeline').scrollIntoView(); document.getElementById('lanes').focus()")
    lanes.change(page.turn_wheel, x, y, -200)
    drag = [{"type": "pointerMove", "x": x - 150, "y": y, "duration": 50}]
    down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
    lanes.change(page.point, x, y, down, *drag, up)
    assert page.count("#details[hidden]") == 1, "what was dragged was not clicked"
    page.point(2, 2)
    lanes.change(page.press, "0")
    assert lanes.looks[-1] == lanes.looks[0]


def test_tests_are_picked_from_the_keyboard(page, lanes, shots):
    lanes.change(page.press, "n")
    first = _said(page)
    lanes.change(page.press, "n")
    assert _said(page) != first
    lanes.change(page.press, "p")
    assert _said(page) == first and first.startswith("gw0: test_shop.py::")
    lanes.change(page.press, "ArrowDown")
    assert _said(page).startswith("gw1: test_shop.py::")
    page.press("Enter")
    assert page.text("#details-title") in _said(page)
    page.press("Escape")
    assert page.focus() == "lanes"
    shots(page, "timeline")


def test_a_click_opens_the_test(page, lanes):
    page.type("#search", "too_long")
    page.wait_for("return document.getElementById('found').textContent === '1 of 17 tests'")
    page.click('#rows tr[data-at="0"]')
    page.click("#to-timeline")
    page.press("Escape")
    # It is in the middle of what is shown now.
    left, top, width, height = page.box("#lanes")
    middle = left + LABELS + (width - LABELS) // 2
    for y in range(top + 40, top + height - 5, 12):
        page.point(middle, y)
        if "test_too_long" in page.run(
            "const tip = document.getElementById('tip'); return tip.hidden ? '' : tip.innerText"
        ):
            break
    else:
        raise AssertionError("no tip names the test")
    page.point(middle, y, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})
    assert page.text("#details-title") == "test_shop.py::test_too_long"
    assert page.focus() == "lanes"


def test_the_legend_names_what_is_there(page, lanes):
    wanted = [
        "setup",
        "passed",
        "failed",
        "skipped",
        "xfailed",
        "error",
        "timed out",
        "crashed",
        "teardown",
        "a failure",
    ]
    assert [words for words in page.texts("#legend li") if words in wanted] == wanted
