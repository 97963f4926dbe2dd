"""Items that are run again: what the supervisor learns, and what it says."""

import pytest


@pytest.mark.parametrize(
    "args, name, value",
    [
        (["--reruns=2"], "reruns", 2),
        (["--reruns=-2"], "reruns", 0),
        (["-o", "reruns=3"], "ini_reruns", 3),
        (["-o", "reruns=3", "--reruns=0"], "reruns", 0),
        (["-o", "reruns=many"], "ini_reruns", None),
        ([], "reruns", None),
        (["--reruns-delay=0.5"], "reruns_delay", 0.5),
        (["-o", "reruns_delay=2"], "ini_reruns_delay", 2.0),
        (["--reruns-delay-backoff-factor=3"], "reruns_delay_backoff_factor", 3.0),
        (["--only-rerun=A", "--only-rerun=B"], "only_rerun", ["A", "B"]),
        (["-o", "rerun_except=A\n  B"], "rerun_except", ["A", "B"]),
        (["--force-reruns=4"], "force_reruns", 4),
        (["--max-suite-reruns=9"], "max_suite_reruns", 9),
        (["--rerun-exclude-path=tests/ui"], "rerun_exclude_path", ["tests/ui"]),
        (["--reruns-mode=append"], "reruns_mode", "append"),
        (["--fail-on-flaky"], "fail_on_flaky", True),
    ],
    ids=str,
)
def test_settings(loud, args, name, value):
    loud.write(test_a="def test_a(): pass")
    run = loud.run(*args, workers=1)
    assert run.settings["reruns"][name] == value
    assert not run.errors


def test_marks(loud):
    loud.write(
        test_a="""
        import pytest

        class Base(Exception): pass
        class Derived(Base): pass

        @pytest.mark.flaky(reruns=2, reruns_delay=1, only_rerun=["x", Base])
        def test_a(): pass

        @pytest.mark.flaky(3, 0.5)
        class TestB:
            def test_b(self): pass
            @pytest.mark.flaky(reruns=1, condition="config is None")
            def test_c(self): pass

        @pytest.mark.flaky(max_runs=2)
        def test_d(): pass

        @pytest.mark.flaky(reruns="many")
        def test_e(): pass

        @pytest.mark.flaky(reruns=1, condition=lambda error: False)
        def test_f(): pass

        @pytest.mark.flaky(reruns=1, condition=lambda: False)
        def test_g(): pass

        def test_h(): pass
        """
    )
    run = loud.run("-p", "no:flaky", workers=1)
    rows = {row[0].rpartition("::")[2]: row for row in run.collected["items"]}
    marks = {name: row[4] for name, row in rows.items() if len(row) > 4}
    assert marks.pop("test_e")["error"].startswith("its mark flaky cannot be read: ValueError")
    assert marks == {
        "test_a": {
            "reruns": 2,
            "reruns_delay": 1.0,
            "only_rerun": ["x", "^(?:Base|Derived)(?::|$)"],
        },
        "test_b": {"reruns": 3, "reruns_delay": 0.5},
        "test_c": {},
        "test_f": {"reruns": 1},
        "test_g": {},
    }
