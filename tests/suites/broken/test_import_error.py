print("printed before the error")
import no_such_module_anywhere  # noqa: E402, F401


def test_never():
    raise AssertionError("never runs")
