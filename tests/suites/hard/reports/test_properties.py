"""What travels on a report beside its outcome."""

import pytest


class Opaque:
    def __repr__(self):
        return "<Opaque>"


def test_record_property(record_property):
    record_property("text", "value")
    record_property("number", 5)
    record_property("float", float("nan"))
    record_property("object", Opaque())
    record_property("bytes", b"\xff")
    record_property("surrogate", "\ud800")
    record_property("nested", {"a": [1, (2, 3)], 4: {5}})


@pytest.mark.filterwarnings("ignore")
def test_record_xml_attribute(record_xml_attribute):
    record_xml_attribute("classname", "other")


def test_user_properties(request):
    request.node.user_properties.append(("from the node", 1))
    assert 1 == 2


@pytest.mark.labelled("first label")
def test_labelled(label):
    assert label == "first label"


@pytest.mark.labelled("second label")
def test_labelled_fails(label):
    assert label == "first label"


@pytest.mark.shown_as("anything")
def test_shown_under_another_word():
    pass


@pytest.fixture
def outcome(request):
    yield
    assert request.node.rep_setup.passed
    assert request.node.rep_call.outcome == request.param


@pytest.mark.parametrize("outcome", ["passed"], indirect=True)
def test_outcome_is_known_in_teardown(outcome):
    pass


@pytest.mark.parametrize("outcome", ["failed"], indirect=True)
def test_failure_is_known_in_teardown(outcome):
    assert 1 == 2


def test_sections(request):
    request.node.add_report_section("call", "own", "a section of its own\n")
    request.node.add_report_section("setup", "late", "added late\n")
    assert 1 == 2


def test_keywords(request):
    request.node.extra_keyword_matches.add("extra")
    request.node.keywords["unserialisable"] = Opaque()
    assert 1 == 2


def test_custom_longrepr(request):
    class Failing(Exception):
        pass

    raise Failing("in a class of its own")


@pytest.fixture
def counter(record_testsuite_property):
    record_testsuite_property("suite", "property")


def test_record_testsuite_property(counter):
    pass
