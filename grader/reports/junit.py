"""`junit.xml`: the results as a CI server shows them.

A test suite for each submission, a test case for each graded cell. What the submission is to blame for is a
`failure`: lost points, and for a crash or a time-out one more test case with the words. What the grader is to
blame for is an `error`: CI servers show it red like a failure but count it apart, and a run with an error
must not look green, as it would with `skipped`. The cells of a submission that could not be graded, where
they are known, are `skipped`. Words stand in the elements' text too, for GitLab shows only that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from grader.reports.text import clean, number, one_line, shortened
from grader.results import Item, Outcome, Reason, Result

_EXECUTION = "(execution)"
_WHOLE = "(whole submission)"
_TEXT = 10_000  # characters of an element's text: GitLab refuses files over 30 MB
_MESSAGE = 300
_NO_REASON = "Points were lost and no reason is known."


def write(results: Sequence[Result], course: str) -> bytes:
    """The file, in the form that Jenkins's schema (junit-10.xsd) describes."""
    root = Xml.Element("testsuites", name=clean(course))
    counts = dict.fromkeys(("tests", "failures", "errors"), 0)
    for index, one in enumerate(results):
        suite = _suite(one, index)
        root.append(suite)
        for name in counts:
            counts[name] += int(suite.get(name, "0"))
    root.attrib.update({name: str(count) for name, count in counts.items()})
    root.set("time", f"{sum(one.seconds for one in results):.3f}")
    Xml.indent(root)
    text = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _suite(one: Result, index: int) -> Xml.Element:
    cases = list(_cases(one))
    name = f"{clean(one.assignment)}.{clean(one.student)}"
    suite = Xml.Element("testsuite", name=name, id=str(index), tests=str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{one.seconds:.3f}")
    properties = Xml.SubElement(suite, "properties")
    for key, value in _properties(one):
        Xml.SubElement(properties, "property", name=key, value=clean(value))
    for case in cases:
        # Jenkins makes package and class of it, GitLab shows it as the suite; with the name it is unique.
        case.set("classname", name)
        suite.append(case)
    return suite


def _properties(one: Result) -> Iterator[tuple[str, str]]:
    yield "outcome", str(one.outcome)
    if one.score is not None:
        yield "score", number(one.score)
        yield "late_penalty", number(one.late_penalty)
    yield "max_score", number(one.max_score)
    yield "isolation", one.isolation
    yield "attempts", str(one.attempts)


def _cases(one: Result) -> Iterator[Xml.Element]:
    general = [reason for reason in one.reasons if not reason.cell]
    if one.outcome is not Outcome.SCORED:
        tag = "error" if one.score is None else "failure"
        yield _case(_EXECUTION, tag, str(one.outcome), general or list(one.reasons))
    if one.score is None:
        for item in one.items:
            yield _case(item.cell, "skipped", "not gradable", [])
        return
    for item in one.items:
        yield _cell(item, [reason for reason in one.reasons if reason.cell == item.cell])
    if not one.items and one.outcome is Outcome.SCORED:
        yield _cell(Item(_WHOLE, one.score, one.max_score), list(one.reasons))


def _cell(item: Item, reasons: Sequence[Reason]) -> Xml.Element:
    lost = item.max_score - item.score
    if lost <= 0:
        return Xml.Element("testcase", name=clean(item.cell))
    kind = f"lost {number(lost)} of {number(item.max_score)} points"
    return _case(item.cell, "failure", kind, reasons)


def _case(name: str, tag: str, kind: str, reasons: Sequence[Reason]) -> Xml.Element:
    """A test case that did not pass."""
    case = Xml.Element("testcase", name=clean(name))
    texts = [clean(reason.text) for reason in reasons] or [_NO_REASON]
    if tag == "skipped":
        texts = ["The submission could not be graded."]
    message = shortened(f"{kind}: {one_line(texts[0])}", _MESSAGE)
    words = Xml.SubElement(case, tag, type=kind, message=message)
    words.text = shortened(f"{kind}\n\n" + "\n\n".join(texts), _TEXT)
    return case
