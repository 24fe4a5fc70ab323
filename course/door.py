"""Requests to a cluster's addresses from a notebook that is outside its network.

KUBELAB_DOOR is the address of a node's door (course/podling/internal/door): an HTTP proxy that also looks up
names. Where it is not set, the notebook is inside the network and asks itself.
"""

from __future__ import annotations

import json
import os
import socket
import urllib.parse
import urllib.request

VARIABLE = "KUBELAB_DOOR"
NO_ANSWER = "Kubelab-No-Answer"
"""The header of the door's own answer 502: why nobody answered."""
_NAMES_WITHIN = 10.0


def opener() -> urllib.request.OpenerDirector:
    """What opens URLs of the cluster, whatever proxies the user's environment names."""
    door = os.environ.get(VARIABLE, "")
    return urllib.request.build_opener(urllib.request.ProxyHandler({"http": door} if door else {}))


def addresses(name: str) -> list[str]:
    """The addresses of a name, sorted; none where there is no such name.

    Raises:
        OSError: the door does not answer.
    """
    door = os.environ.get(VARIABLE, "")
    if door:
        url = f"{door}/names/{urllib.parse.quote(name, safe='')}"
        plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with plain.open(url, timeout=_NAMES_WITHIN) as reply:
            found: list[str] = json.load(reply)
        return found
    try:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    return sorted({str(one[4][0]) for one in entries})
