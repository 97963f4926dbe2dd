import allure
import pytest


@allure.feature("a feature")
@pytest.mark.parametrize("n", range(4))
def test_steps(n):
    with allure.step("first"):
        allure.attach("text", name="attached", attachment_type=allure.attachment_type.TEXT)
    assert n < 4


@allure.title("a title")
def test_fails():
    with allure.step("fails"):
        assert 0


@pytest.mark.skip
def test_skipped():
    pass
