"""`junit.xml`: the shape that CI servers read, red where points are missing, and never green by accident."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from grader.reports import junit
from grader.results import Outcome, Reason, Result
from tests.grader import reports_data as data

# Of Jenkins's schema, junit-10.xsd: (required attributes, allowed ones, children) by element.
SHAPE: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"name", "tests", "failures", "errors", "skipped", "time", "id"},
        {"properties", "testcase"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, {"name", "value"}, set()),
    "testcase": ({"name"}, {"name", "classname", "time"}, {"failure", "error", "skipped"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}


def tree(results: list[Result]) -> Xml.Element:
    root = Xml.fromstring(junit.write(results, "Kubelab"))  # noqa: S314 - our own file
    for element in root.iter():
        required, allowed, children = SHAPE[element.tag]
        assert required <= set(element.attrib) <= allowed
        assert {child.tag for child in element} <= children
    assert_counts(root)
    return root


def assert_counts(root: Xml.Element) -> None:
    tags = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for element in [root, *root.iter("testsuite")]:
        for name, tag in tags.items():
            if name in element.attrib:
                assert int(element.attrib[name]) == sum(1 for _ in element.iter(tag))


def cases(result: Result) -> dict[str, str]:
    """What came of each test case, by name."""
    return {
        case.attrib["name"]: case[0].tag if len(case) else "passed"
        for case in tree([result]).iter("testcase")
    }


def test_a_cell_with_all_its_points_passes_and_another_fails_with_its_reasons() -> None:
    result = data.scored("ada", "a-deployment", (True, False, True), (True, True))
    assert cases(result) == {"deployment-test": "failure", "service-test": "passed"}
    (failure,) = tree([result]).iter("failure")
    assert failure.attrib["type"] == "lost 2 of 5 points"
    assert failure.attrib["message"].startswith(
        "lost 2 of 5 points: It has three replicas: not so."
    )
    assert "Likely cause: spec.replicas was not set." in (failure.text or "")


def test_a_crash_and_a_timeout_are_failures_with_the_words() -> None:
    assert cases(data.crashed("ada")) == {
        "(execution)": "failure",
        "deployment-test": "passed",
        "service-test": "failure",
    }
    words = [element.text or "" for element in tree([data.timed_out("ada")]).iter("failure")]
    assert words[0] == "timed out\n\nCell deployment did not end within 60 s."


def test_what_could_not_be_graded_is_an_error_with_the_words() -> None:
    result = data.not_gradable("ada")
    assert cases(result) == {"(execution)": "error"}
    (error,) = tree([result]).iter("error")
    assert error.attrib["type"] == "not gradable"
    assert "the cluster lab-3 did not answer" in (error.text or "")


@pytest.mark.parametrize(("score", "came"), [(1.0, "failure"), (2.0, "passed")])
def test_a_result_without_cells_is_one_test_case(score: float, came: str) -> None:
    reasons = (Reason("a", 1, "One was asked for."),) if score < 2 else ()
    result = Result("ada", "a", score, 2, Outcome.SCORED, reasons)
    assert cases(result) == {"(whole submission)": came}


def test_no_two_test_cases_have_the_same_names() -> None:
    # GitLab shows only the first of those.
    found = [
        (case.attrib["classname"], case.attrib["name"])
        for case in tree(data.a_class(20)).iter("testcase")
    ]
    assert len(found) == len(set(found))


def test_hostile_text_leaves_the_file_well_formed_and_small() -> None:
    results = data.hostile()
    raw = junit.write(results, "<Kube\x00lab>")
    assert Xml.fromstring(raw).attrib["name"] == "<Kube\ufffdlab>"  # noqa: S314 - our own file
    assert not any(char in raw.decode() for char in "\x00\x07\x1b\uffff\u202e")
    assert len(list(tree(results).iter("testsuite"))) == len(results)
    assert max(len(element.text or "") for element in tree(results).iter()) < 11_000


def test_without_results_there_is_an_empty_file() -> None:
    assert tree([]).attrib["tests"] == "0"
