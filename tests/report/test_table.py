"""The table of tests and the panel of one test, by mouse and by keyboard."""


def _search(page, text, found):
    page.run("document.getElementById('search').value = ''")
    page.type("#search", text)
    page.wait_for("return document.getElementById('found').textContent === arguments[0]", found)


def _sorted(page):
    heads = page.run("return [...document.querySelectorAll('#heads th')].map((head) => head.ariaSort)")
    assert len(heads) - heads.count("none") == 1
    at = next(at for at, how in enumerate(heads) if how != "none")
    return page.texts("#heads button")[at], heads[at]


def test_search_and_outcomes_narrow_the_table(page, small):
    page.open(small)
    assert page.text("#found") == "17 tests"
    _search(page, "basket::", "4 of 17 tests")
    assert all("TestBasket::" in row for row in page.texts("#rows tr[data-at]"))
    _search(page, " ", "17 tests")
    page.click('#outcomes [data-outcome="skipped"]')
    page.click('#outcomes [data-outcome="crashed"]')
    assert page.text("#found") == "2 of 17 tests"
    _search(page, "</script>", "0 of 17 tests")
    assert page.text("#rows").strip() == "No test is like that."
    page.click('.count[data-outcome="failed"]')
    assert page.attribute("#outcomes [data-outcome=failed]", "aria-pressed") == "true"
    assert page.attribute("#outcomes [data-outcome=skipped]", "aria-pressed") == "false"


def test_columns_sort_and_say_so(page, small):
    page.open(small)
    page.click('[data-sort="total"]')
    assert _sorted(page) == ("total", "descending")
    assert "test_too_long" in page.texts("#rows tr[data-at]")[0]
    page.click('[data-sort="total"]')
    assert _sorted(page) == ("total", "ascending")
    assert "test_too_long" in page.texts("#rows tr[data-at]")[-1]
    page.click('[data-sort="name"]')
    assert _sorted(page) == ("test", "ascending")
    names = page.texts("#rows .name")
    assert names == sorted(names, key=str.lower)
    page.click('[data-sort="outcome"]')
    outcomes = [row.split()[0] for row in page.texts("#rows tr[data-at]")]
    assert outcomes[:3] == ["failed"] * 3 and "passed" not in outcomes[:6]


def test_the_table_is_used_from_the_keyboard(page, small, shots):
    page.open(small)
    page.press("/")
    assert page.focus() == "search"
    page.press("ArrowDown")
    assert page.focus() == "0"
    page.press("ArrowDown", "ArrowDown")
    assert page.focus() == "2"
    page.press("End")
    assert page.focus() == "16"
    page.press("Home", "ArrowDown", "Enter")
    assert page.focus() == "details"
    name = page.text("#details-title").split("::")[-1]
    assert name in page.text("#rows [aria-selected=true]")
    shots(page, "details")
    page.press("Escape")
    assert page.count("#details[hidden]") == 1
    assert page.focus() == "1"
    assert page.count("#rows tr[tabindex='0']") == 1, "one row can be reached by Tab, the others by arrows"


def test_details_show_times_attempts_and_trend(page, small):
    page.open(small)
    _search(page, "test_dies", "1 of 17 tests")
    page.click('#rows tr[data-at="0"]')
    text = page.text("#details")
    for part in ("Attempt 1 of 2", "Attempt 2 of 2", "hasten test_shop.py::test_dies", "after the start of the run"):
        assert part in text
    assert text.count("last words") == 2
    assert page.count("#details .chart g") == 3
    page.click("#close")
    assert page.count("#details[hidden]") == 1


def test_the_command_can_be_copied_and_is_quoted(page, small):
    page.open(small)
    _search(page, "</script>", "1 of 17 tests")
    page.click('#rows tr[data-at="0"]')
    assert "hasten 'test_shop.py::test_price[</script><script>throw 1</script>]'" in page.text("#details")
    page.click("#copy")
    page.wait_for("return document.getElementById('copy').textContent === 'Copied'")


def test_fifty_thousand_tests(page, big, shots):
    page.open(big)
    assert page.text("#found") == "50,000 tests"
    assert page.count("#rows tr") < 100, "only what can be seen exists"
    page.press("/")
    page.press("ArrowDown", "End")
    assert page.focus() == "49999"
    page.press("PageDown", "Home")
    assert page.focus() == "0"
    _search(page, "module_123.py::TestThing2::test_behaviour_3[", "1 of 50,000 tests")
    page.click('#rows tr[data-at="0"]')
    assert page.text("#details-title").startswith("tests/area_04/test_module_123.py::TestThing2::test_behaviour_3[")
    assert page.count("#details .chart g") == 5
    page.click("#to-timeline")
    page.press("+", "+", "-", "n", "0")
    shots(page, "big")
    page.press("Escape")
    _search(page, " ", "50,000 tests")
    page.click('[data-sort="change"]')
    page.click('#outcomes [data-outcome="error"]')
    assert {row.split()[0] for row in page.texts("#rows tr[data-at]")} == {"error"}
    page.run("document.getElementById('outcomes').querySelector('[aria-pressed=true]').click()")
    page.click('[data-sort="setup"]')
    page.click('#rows tr[data-at="0"]')
    assert "tests/conftest.py::database setup" in " ".join(page.text("#details").split())
    page.press("Escape")
    page.click(".more summary")
    page.click("#open-all")
    assert "<b>not bold</b> &amp; </script><script>alert(1)</script>" in page.text(".failure pre")
