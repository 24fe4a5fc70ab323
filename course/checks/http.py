"""Reachability by a real request."""

from __future__ import annotations

import time
import urllib.error

from course import door
from course.checks.failure import CheckFailed, NoAnswer
from course.language import _
from course.patience import clock

# Between two tries: an answer over the network is no event that could be awaited.
PAUSE = 0.2


def http(
    url: str,
    *,
    contains: str = "",
    status: int = 200,
    within: float = 20,
    about: str = "",
    differs_from: str | None = None,
) -> str:
    """Ask until the right answer comes or `within` seconds are over; return the page.

    Args:
        url: what to ask for.
        contains: a text that the page must hold.
        status: the HTTP status that is wanted.
        within: seconds in all.
        about: how a failure names what was asked (the URL where empty).
        differs_from: an earlier page: the answer must be another.

    Raises:
        CheckFailed: with what came last; NoAnswer where nobody answered.
    """
    end = clock() + within
    wanted = _(
        "an answer with status {status} from {url} within {seconds:g} s",
        status=status,
        url=url,
        seconds=within,
    )
    wanted += _(", holding “{text}”", text=contains) if contains else ""
    wanted += _(", other than the page before") if differs_from is not None else ""
    while True:
        came, page = ask(url, max(0.5, min(5.0, end - clock())))
        right = came == str(status) and contains in page and page != differs_from
        if right:
            return page
        if clock() >= end:
            break
        time.sleep(PAUSE)
    found = _("status {status}", status=came) if came.isdigit() else came
    if came == str(status):
        found = _("the page “{page}”", page=_short(page))
    kind = CheckFailed if came.isdigit() else NoAnswer
    raise kind(about or url, wanted, found, look=f"curl {url}")


def ask(url: str, seconds: float) -> tuple[str, str]:
    """(status or the reason why there is none, page)."""
    try:
        with door.opener().open(url, timeout=seconds) as reply:
            return str(reply.status), reply.read(1_000_000).decode("utf-8", "replace")
    except urllib.error.HTTPError as refusal:
        with refusal:
            if reason := refusal.headers.get(door.NO_ANSWER):
                return _("no answer ({reason})", reason=reason), ""
            return str(refusal.code), refusal.read(1_000_000).decode("utf-8", "replace")
    except urllib.error.URLError as problem:
        return _("no answer ({reason})", reason=problem.reason), ""
    except (OSError, ValueError) as problem:
        return _("no answer ({reason})", reason=problem), ""


def _short(page: str) -> str:
    line = " ".join(page.split())
    return line if len(line) <= 120 else line[:117] + "..."
