"""Which of the collected tests are run: what the supervisor says of it, in every role."""

import pytest

TESTS = """
import pytest
@pytest.mark.resource("db", "port")
def test_a(): pass
@pytest.mark.resource("db", 3)
@pytest.mark.dependency(depends=["test_a"], scope="session")
def test_b(): pass
@pytest.mark.dependency
@pytest.mark.parametrize("n", range(3))
def test_c(n): pass
"""
CONFTEST = """
def pytest_collection_modifyitems(config, items):
    items.reverse()
def pytest_deselected(items):
    with open(str(items[0].config.rootpath / "deselected"), "a") as file:
        file.write(" ".join(item.name for item in items) + "\\n")
def pytest_collection_finish(session):
    with open(str(session.config.rootpath / "finished"), "a") as file:
        file.write(" ".join(item.name for item in session.items) + "\\n")
"""
WAYS = {"main": ["-n", "0"], "session": ["-n", "1"], "worker": ["-n", "1", "--start-method=spawn"]}


@pytest.fixture
def sorted_suite(loud):
    loud.write(test_a=TESTS, conftest=CONFTEST)
    (loud.path / "pytest.ini").write_text("[pytest]\nmarkers = dependency\n")
    return loud


@pytest.mark.parametrize("way", WAYS)
def test_others_are_deselected_and_the_order_is_kept(sorted_suite, way):
    run = sorted_suite.run("-v", *WAYS[way], select=lambda nodeids: [4, 1, 3])
    assert run.exitstatus == 0, run.out
    names = ["test_a", "test_c[1]", "test_b"]
    assert [item[0].rpartition("::")[2] for item in run.collected["items"]] == names
    assert run.collected["deselected"] == 2
    assert "collected 5 items / 2 deselected / 3 selected\nselected\n" in run.out
    assert (sorted_suite.path / "deselected").read_text() == "test_c[2] test_c[0]\n"
    assert (sorted_suite.path / "finished").read_text() == " ".join(names) + "\n"
    assert run.collected["resources"] == {"db": [0, 2], "port": [0]}
    assert run.collected["dependent"] == [[1, "module", []], [2, "session", ["test_a"]]]
    lines = [line.split(" ")[0] for line in run.out.splitlines() if "PASSED" in line]
    assert [line.rpartition("::")[2] for line in lines] == names


@pytest.mark.parametrize("way", WAYS)
def test_all_that_was_collected_is_told_after_everybody_has_sorted(sorted_suite, way):
    run = sorted_suite.run(*WAYS[way], select=lambda nodeids: range(len(nodeids)))
    assert run.exitstatus == 0, run.out
    (asked,) = run.asked
    assert [item[0].rpartition("::")[2] for item in asked["items"]][-2:] == ["test_b", "test_a"]
    assert asked["resources"] == {"db": [3, 4], "port": [4]}
    assert (asked["testsfailed"], asked["continue_on_errors"]) == (0, False)
    assert not (sorted_suite.path / "deselected").exists()


def test_nothing_is_asked_where_nothing_is_selected(sorted_suite):
    run = sorted_suite.run("-n", "1")
    assert run.exitstatus == 0 and run.asked == []
