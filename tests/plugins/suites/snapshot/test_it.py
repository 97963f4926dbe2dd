import pytest


@pytest.mark.parametrize("n", range(3))
def test_matches(snapshot, n):
    snapshot.snapshot_dir = "kept"
    snapshot.assert_match("text\n", "all.txt")


def test_differs(snapshot):
    snapshot.snapshot_dir = "kept"
    snapshot.assert_match("other text\n", "own.txt")
