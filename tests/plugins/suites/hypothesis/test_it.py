import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

settings.register_profile("quick", max_examples=20, derandomize=True, deadline=None)
settings.load_profile("quick")


@given(st.integers(), st.text(max_size=5))
def test_passes(number, text):
    assert len(text * 2) == 2 * len(text)


@given(st.lists(st.integers(0, 100)))
@example([100, 100])
def test_fails(numbers):
    assert sum(numbers) < 150


@pytest.mark.parametrize("n", range(4))
@given(data=st.data())
def test_data(n, data):
    assert data.draw(st.integers(n, n + 1)) - n in (0, 1)


@given(st.integers())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_a_fixture(tmp_path, number):
    (tmp_path / "file").write_text(str(number))


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.count = 0

    @rule()
    def add(self):
        self.count += 1

    @invariant()
    def positive(self):
        assert self.count >= 0


TestMachine = Machine.TestCase
