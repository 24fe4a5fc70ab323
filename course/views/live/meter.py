"""A request meter: real HTTP requests to a Service, and a count of who answered them.

Who answered is told, in this order, by

1. the connection itself: in the embedded cluster a Service's address becomes an endpoint's when a program connects, so
   that the socket's other end is the endpoint;
2. the page, where it holds the name of just one Pod, as the course's servers' do: elsewhere the Service's address is
   changed on the way (kube-proxy), and the socket knows the Service's only;
3. nobody: then the answer counts as an unknown Pod's.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from course import door
from course.language import _

REQUESTS = 10
WITHIN = 2.0
"""Seconds in which a connection must be there, and then an answer."""
_PACE = 0.08
"""Seconds between two requests: an eye can follow them."""
_PAGE = 65536
UNKNOWN = ""
"""Whoever answered, where nothing tells."""


@dataclass(frozen=True)
class Answer:
    """What came of one request.

    Attributes:
        who: the Pod's name, or the address where no Pod has it; UNKNOWN.
        problem: why it came to nothing; empty for an answer with a status below 400.
    """

    who: str = UNKNOWN
    problem: str = ""


@dataclass
class Tally:
    """The counts so far; each is changed by one thread and read by others.

    Attributes:
        sent: how many requests there were.
        answered: how often each one answered, by its name.
        problems: how often something went wrong, by (who, why).
    """

    sent: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, answer: Answer) -> None:
        """Count one more."""
        self.sent += 1
        if answer.problem:
            self.problems[answer.who, answer.problem] += 1
        else:
            self.answered[answer.who] += 1

    @property
    def failed(self) -> int:
        """How many came to nothing."""
        return self.problems.total()


class Meter:
    """Sends requests, one batch at a time, and keeps the counts until they are cleared."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._sending = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether requests are under way."""
        return self._sending.locked()

    def clear(self) -> None:
        """Forget the counts."""
        self.tally = Tally()

    def send(
        self,
        address: str,
        port: int,
        names: Callable[[], Mapping[str, str]],
        changed: Callable[[], None],
        count: int = REQUESTS,
    ) -> bool:
        """Send requests one after the other, each on a connection of its own.

        Args:
            address, port: the Service's.
            names: the Pods' names by their addresses, as they are now; asked again at an address that is new.
            changed: called after each request.
            count: how many.

        Returns:
            False where others are under way: nothing was sent then.
        """
        if not self._sending.acquire(blocking=False):
            return False
        try:
            pods = names()
            for number in range(count):
                if number:
                    time.sleep(_PACE)
                peer, page, problem = _ask(address, port)
                if peer and peer not in pods:
                    pods = names()
                self.tally.add(Answer(_who(peer, page, pods), problem))
                changed()
        finally:
            self._sending.release()
        return True


def _ask(address: str, port: int) -> tuple[str, str, str]:
    """(the endpoint's address where the connection tells it, the page, why it came to nothing)."""
    through = os.environ.get(door.VARIABLE, "")
    host = f"[{address}]" if ":" in address else address
    url = f"http://{host}:{port}/"
    proxy = urlsplit(through)
    connection = http.client.HTTPConnection(
        proxy.hostname or address, proxy.port or port, timeout=WITHIN
    )
    peer = ""
    try:
        connection.connect()
        if not through:
            peer = _endpoint(connection.sock.getpeername()[0], address)
        headers = {"Host": f"{host}:{port}", "Connection": "close"}
        connection.request("GET", url if through else "/", headers=headers)
        reply = connection.getresponse()
        if reason := reply.headers.get(door.NO_ANSWER):
            return "", "", _("no answer ({reason})", reason=reason)
        page = reply.read(_PAGE).decode("utf-8", "replace")
        bad = reply.status >= 400
        return peer, page, _("status {status}", status=reply.status) if bad else ""
    except (OSError, http.client.HTTPException) as problem:
        return peer, "", _words(problem)
    finally:
        connection.close()


def _words(problem: Exception) -> str:
    match problem:
        case TimeoutError():
            return _("no answer within {seconds:g} s", seconds=WITHIN)
        case ConnectionRefusedError():
            return _("the connection was refused")
        case http.client.HTTPException() if not isinstance(problem, ConnectionError):
            return _("an answer that is not HTTP")
    return _("no answer ({reason})", reason=problem)


def _endpoint(peer: str, asked: str) -> str:
    """The endpoint's own address by the socket's other end; empty where that is the Service's.

    The embedded cluster's addresses are carried by loopback's (course/podling/internal/addr): 10.244.N.I by 127.K.N.I,
    and the nodes' 172.18.0.I by 127.K.254.I.
    """
    if peer == asked:
        return ""
    first, _cluster, third, last = [*peer.split("."), "", "", ""][:4]
    if first != "127":
        return peer
    return f"172.18.0.{last}" if third == "254" else f"10.244.{third}.{last}"


def _who(peer: str, page: str, pods: Mapping[str, str]) -> str:
    if peer:
        return pods.get(peer, peer)
    named = {name for name in pods.values() if _names(page, name)}
    return named.pop() if len(named) == 1 else UNKNOWN


def _names(page: str, name: str) -> bool:
    """Whether a page holds this name, and not only a longer one."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", page) is not None
