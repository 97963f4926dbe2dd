"""The nearest conftest wins."""


def test_inner_fixture(label):
    assert label == "of the inner conftest"
