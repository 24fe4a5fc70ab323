"""Results as grading leaves them, of a class and of people who try things."""

from __future__ import annotations

import random
from collections.abc import Iterable

from course.checks.scorecard import NOT_TRIED
from grader.results import Check, Item, Outcome, Reason, Result

CELLS = {
    "deployment-test": (
        ("The Deployment web exists", 1.0),
        ("It has three replicas", 2.0),
        ("All of its pods are ready", 2.0),
    ),
    "service-test": (("The Service web answers", 3.0), ("It sends to all pods", 2.0)),
}
REASON = (
    "Deployment web in namespace demo: expected 3 replicas; found 1.\n"
    "Likely cause: spec.replicas was not set.\nLook closer: kubectl -n demo get deployment web"
)
HOSTILE = (
    "<script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>",
    "</style></svg></td></table><!-- ' \" -->{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://127.0.0.1:9/?"&A1)',
    "\x1b[31mred\x1b[0m \x00 \x07 \ud800 \uffff \u202eesrever ]]> &amp; &",
    "first\n=cmd|' /C calc'!A0\r\n@SUM(1)\t+1;-2",
    "字" * 50_000,
    "",
)


def item(cell: str, held: Iterable[bool]) -> tuple[Item, list[Reason]]:
    """A graded cell with its checks, and the reasons that the grader draws from it."""
    checks, reasons, before = [], [], True
    for (what, points), holds in zip(CELLS[cell], held, strict=True):
        why = "" if holds else REASON if before else NOT_TRIED
        checks.append(Check(what, points, points if holds else 0.0, why))
        if not holds:
            reasons.append(Reason(cell, points, f"{what}: not so. {why}"))
        before = before and holds
    earned = sum(check.earned for check in checks)
    return Item(cell, earned, sum(check.points for check in checks), tuple(checks)), reasons


def scored(student: str, assignment: str, *held: Iterable[bool], seconds: float = 12.5) -> Result:
    """A submission that ran to its end; `held` says of each cell's checks which held."""
    parts = [item(cell, which) for cell, which in zip(CELLS, held, strict=True)]
    items = tuple(one for one, _ in parts)
    return Result(
        student,
        assignment,
        sum(one.score for one in items),
        sum(one.max_score for one in items),
        Outcome.SCORED,
        tuple(reason for _, lost in parts for reason in lost),
        seconds,
        items=items,
        isolation="sandbox",
    )


def not_gradable(student: str, assignment: str = "a-deployment", reason: str = "") -> Result:
    """A submission whose cluster went away, three times."""
    why = reason or "Cell deployment: the cluster lab-3 did not answer within 30 s."
    return Result(
        student,
        assignment,
        None,
        10,
        Outcome.NOT_GRADABLE,
        (Reason("", 0, why),),
        31.0,
        isolation="sandbox",
        attempts=3,
    )


def crashed(student: str, assignment: str = "a-deployment") -> Result:
    """A submission whose kernel died in the second cell."""
    whole, _ = item("deployment-test", (True, True, True))
    lost = Item("service-test", 0, 5)
    reasons = (
        Reason("", 0, "Cell service: the kernel died."),
        Reason("service-test", 5, "The check did not run: the kernel had died."),
    )
    return Result(student, assignment, 5, 10, Outcome.CRASHED, reasons, 4.0, items=(whole, lost))


def timed_out(student: str, assignment: str = "a-deployment") -> Result:
    """A submission that did not end in time, and has nothing."""
    reasons = (Reason("", 0, "Cell deployment did not end within 60 s."),)
    items = (Item("deployment-test", 0, 5), Item("service-test", 0, 5))
    return Result(student, assignment, 0, 10, Outcome.TIMED_OUT, reasons, 61.0, items=items)


def hostile() -> list[Result]:
    """Submissions whose every text is an attack on some format."""
    found = []
    for number, text in enumerate(HOSTILE):
        who = f"{text[:200]}{number}"
        check = Check(text, 2.0, 0.0, text)
        reasons = (Reason(text[:200], 2.0, f"{text}: not so. {text}"), Reason("", 0, text))
        cell = Item(text[:200], 1.0, 3.0, (check, Check("It is", 1.0, 1.0)))
        found.append(
            Result(who, text[:100] or "?", 1.0, 3.0, Outcome.SCORED, reasons, 1.0, items=(cell,))
        )
        found.append(not_gradable(f"{who}-n", text[:100] or "?", text or " "))
    return found


def a_class(students: int, seed: int = 7) -> list[Result]:
    """A class of students with two assignments, stronger and weaker ones, and the usual mishaps."""
    rng = random.Random(seed)  # noqa: S311 - made-up students, the same ones every time
    found: list[Result] = []
    for number in range(students):
        able = rng.random()
        for assignment in ("a-deployment", "b-service"):
            who = f"student{number:04d}"
            chance = rng.random()
            if chance < 0.02:
                found.append(not_gradable(who, assignment))
            elif chance < 0.04:
                found.append(crashed(who, assignment))
            elif chance < 0.06:
                found.append(timed_out(who, assignment))
            else:
                first = tuple(rng.random() < ease * (0.5 + able / 2) for ease in (1.2, 0.9, 0.7))
                second = tuple(rng.random() < ease * (0.5 + able / 2) for ease in (0.8, 0.5))
                seconds = 8 + rng.lognormvariate(1.5, 0.8)
                found.append(scored(who, assignment, first, second, seconds=seconds))
    return found
