"""What a user reads on the page, and where it can be read."""


def test_the_summary_says_how_it_ended(page, small, shots):
    page.open(small)
    shots(page, "light")
    assert page.text("h1") == "6 of 17 tests failed"
    wanted = ["3 failed", "1 error", "1 timed out", "1 crashed", "8 passed", "1 skipped", "1 xfailed", "1 quarantined"]
    assert page.texts(".count") == wanted
    facts = page.text(".facts")
    assert "pytest" in facts and "1 (tests failed)" in facts
    assert page.text(".command").startswith("hasten -n 2 --retries 1 --timeout 1")


def test_failures_open_and_show_what_pytest_said(page, small):
    page.open(small)
    assert page.text("nav .badge") == "6"
    reasons = page.texts(".failure .reason")
    assert "failed RuntimeError: the shop is closed" in reasons
    assert "timed out Failed: Timeout (>1.0s)" in reasons
    assert any(reason.startswith("crashed Worker gw") for reason in reasons)
    assert reasons[6:] == ["quarantined AssertionError: as ever", "failed AssertionError: the first time only"]
    page.click(".failure summary")
    assert page.count(".failure[open]") == 1
    page.click("#open-all")
    assert page.count(".failure[open]") == 8
    texts = page.run("return [...document.querySelectorAll('.failure pre')].map((each) => each.textContent)")
    assert len(texts) == 15, "two attempts at six tests and at the one in quarantine, one failure of the flaky one"
    whole = "\n".join(texts)
    for part in ("too much </pre><b>x</b>", "last words", "red and \\x00 and \\x08", "ERROR at setup"):
        assert part in whole
    page.click("#open-all")
    assert page.count(".failure[open]") == 0


def test_dark_mode_follows_the_system_and_the_switch(page, small, shots):
    back = "return getComputedStyle(document.body).backgroundColor"
    page.open(small)
    light = page.run(back)
    page.emulate_dark(True)
    page.wait_for(f"{back} !== arguments[0]", light)
    shots(page, "dark")
    page.click("#theme")
    assert page.text("#theme") == "Theme: light"
    assert page.run(back) == light
    page.click("#theme")
    page.emulate_dark(False)
    assert page.run(back) != light
    page.click("#theme")
    assert page.run(back) == light


def test_nothing_is_cut_off_in_a_small_window(page, small, shots):
    page.resize(500, 800)
    page.open(small)
    shots(page, "narrow")
    fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.run(fits)
    page.click(".failure summary")
    assert page.run(fits)


def test_the_trend_of_the_suite(page, small):
    page.open(small)
    assert page.count("#trend-chart .chart g") == 3
    page.click("#trend-chart summary")
    assert len(page.text("#trend-chart table").splitlines()) == 4


def test_one_test_that_passed_has_a_page_too(page, quiet, shots):
    page.open(quiet)
    shots(page, "quiet")
    assert page.text("h1") == "The test passed"
    assert "No test failed." in page.text("#failures")
    assert "a trend needs two" in page.text("#trend")
    assert page.text("#found") == "1 test"
    page.click('#rows tr[data-at="0"]')
    assert "on main" in page.text("#details")


def test_nobody_may_be_asked(page, small):
    page.open(small)
    policy = page.run("return document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none'")
    page.run("fetch('https://hasten.invalid/').catch(() => { window.refused = true })")
    page.wait_for("return window.refused")
    assert any("Content Security Policy" in line for line in page.console())


def test_the_page_can_be_read_without_scripts(browser, small):
    browser.cdp("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(small)
        assert browser.text("h1") == "6 of 17 tests failed"
        assert "need JavaScript" in browser.text("noscript")
        browser.click(".failure summary")
        assert browser.text(".failure pre")
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", {"value": False})
