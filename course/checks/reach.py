"""Who can be reached, from where, and who answers: by real requests.

`course.checks.http` asks from where the notebook runs. A Pod's view of the network is another one (its
names, above all): `from_pod` asks there.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable

from course import door, kubectl
from course.checks.failure import CheckFailed, NoAnswer
from course.checks.http import PAUSE, ask
from course.checks.objects import Object
from course.language import _
from course.patience import clock

REQUESTS = 30
_ADDRESS = re.compile(r"^Address(?: \d+)?:\s*([0-9a-f.:]+)", re.MULTILINE)


def from_pod(
    client: Object, url: str, *, contains: str = "", within: float = 10, about: str = ""
) -> str:
    """A request from inside a Pod is answered; returns the page. The Pod needs wget, as busybox has it.

    Raises:
        CheckFailed: another answer came; NoAnswer, with wget's own words: none came in time.
    """
    end = clock() + within
    argv = ["wget", "-q", "-T", "3", "-O", "-", url]
    while True:
        done = _exec(client, argv)
        if done.status == 0 and contains in done.stdout:
            return done.stdout
        if clock() >= end:
            break
        time.sleep(PAUSE)
    wanted = _(
        "an answer from {url} to {client} within {seconds:g} s",
        url=url,
        client=client,
        seconds=within,
    )
    wanted += _(", holding “{text}”", text=contains) if contains else ""
    look = _shown(client, argv)
    if done.status == 0:
        found = _("the page “{page}”", page=_short(done.stdout))
        raise CheckFailed(about or url, wanted, found, look=look)
    kind = CheckFailed if "server returned error" in done.stderr else NoAnswer
    raise kind(about or url, wanted, f"“{_short(done.stderr)}”", look=look)


def must_not_answer(url: str, *, about: str = "", because: str = "", within: float = 5) -> None:
    """Nobody answers, or nobody does any more after `within` seconds. An HTTP error is an answer."""
    end = clock() + within
    while True:
        came, page = ask(url, 2.0)
        if not came.isdigit():
            return
        if clock() >= end:
            break
        time.sleep(PAUSE)
    found = (
        _("the page “{page}”", page=_short(page))
        if came == "200"
        else _("status {status}", status=came)
    )
    wanted = _("no answer from {url}", url=url)
    raise CheckFailed(about or url, wanted, found, because, f"curl {url}")


def addresses(name: str, client: Object | None = None) -> list[str]:
    """The addresses that DNS gives for a name, in order; none where there is no such name.

    Asked from where the notebook runs, or in the Pod `client` (by its nslookup).
    """
    if client is not None:
        said = _exec(client, ["nslookup", name]).stdout
        # What precedes the first name is about the name server.
        answer = said.partition("Name:")[2]
        return sorted(set(_ADDRESS.findall(answer)))
    return door.addresses(name)


def resolves_to(
    name: str, wanted: Iterable[str], client: Object | None = None, *, within: float = 8
) -> list[str]:
    """DNS gives exactly these addresses for the name; names live some seconds in caches."""
    expected, end = sorted(set(wanted)), clock() + within
    while (found := addresses(name, client)) != expected and clock() < end:
        time.sleep(PAUSE)
    if found == expected:
        return found
    look = f"nslookup {name}" if client is None else _shown(client, ["nslookup", name])
    said = (
        _("the address {address}", address=_list(expected))
        if len(expected) == 1
        else _("the addresses {addresses}", addresses=_list(expected))
    )
    raise CheckFailed(
        _("DNS name {name}", name=name),
        said,
        _list(found) if found else _("no such name"),
        look=look,
    )


def first_word(page: str) -> str:
    """The first word of a page: the lab's servers begin theirs with their own name."""
    return (page.split() or [""])[0]


def answers(
    url: str, requests: int = REQUESTS, *, who: Callable[[str], str] = first_word
) -> Counter[str]:
    """How often each one answered. What came to nothing is counted under the reason why."""
    counts: Counter[str] = Counter()
    for _number in range(requests):
        came, page = ask(url, 3.0)
        counts[who(page) if came == "200" else came] += 1
    return counts


def answered_by(
    url: str,
    wanted: Iterable[str],
    *,
    requests: int = REQUESTS,
    within: float = 8,
    who: Callable[[str], str] = first_word,
    about: str = "",
) -> Counter[str]:
    """Of so many requests in a row each is answered by one of those wanted, and each of them answers.

    An answer of another begins the count anew, until `within` seconds are over: what a Service sends
    where changes a moment after its endpoints.
    """
    expected, end = set(wanted), clock() + within
    counts: Counter[str] = Counter()
    while True:
        came, page = ask(url, 3.0)
        one = who(page) if came == "200" else came
        counts[one] += 1
        late = clock() >= end
        if one not in expected:
            if late:
                break
            counts.clear()
            time.sleep(PAUSE)
        elif counts.total() >= requests and (set(counts) == expected or late):
            break
    if set(counts) == expected:
        return counts
    found = ", ".join(f"{name} ({n})" for name, n in counts.most_common())
    raise CheckFailed(
        about or url,
        _("each of {names} to answer, and nobody else", names=_list(sorted(expected))),
        _("these answers: {answers}", answers=found),
        look=f"for i in $(seq {requests}); do curl -s {url}; done | sort | uniq -c",
    )


def _exec(client: Object, argv: list[str]) -> kubectl.Completed:
    return kubectl.run(
        ["exec", client.name, "--namespace", client.namespace, "--", *argv], deadline=20
    )


def _shown(client: Object, argv: list[str]) -> str:
    return f"kubectl exec {client.name} -n {client.namespace} -- {' '.join(argv)}"


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:117] + "..."
