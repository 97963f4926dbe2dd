import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("n", range(2))
def test_counts(shop, n):
    for _ in range(n):
        shop.get_by_role("button").click()
    expect(shop.get_by_role("button")).to_have_text(str(n))


def test_fails(shop):
    assert shop.get_by_role("button").text_content() == "b"


def test_context(new_context):
    one, other = new_context(), new_context()
    one.new_page().evaluate("1")
    assert len(other.pages) == 0


def test_without_a_browser(browser_name):
    assert browser_name == "chromium"
