import pytest


@pytest.mark.repeat(3)
def test_marked():
    pass


def test_plain(tmp_path):
    assert not list(tmp_path.iterdir())


class TestClass:
    def test_method(self):
        pass
