"""One connection to the API server of the current kubeconfig, by the `kubernetes` package.

Its typed calls are not used: a view reads a few fields of many objects, and a model of each costs a hundred times what
its JSON does.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from course.errors import ClusterError
from course.kubectl import Readable
from course.language import _

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

CONNECT = 5.0
"""Seconds in which a connection must be there."""
QUIET = 60.0
"""Seconds after which the server ends a watch: one that has died silently is found out soon after."""
JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


_importing = threading.Lock()


def package() -> Any:
    """The `kubernetes` package. Importing it takes most of a second: only who asks the API pays for it.

    One thread at a time does it: two at once would find each other's halves.
    """
    with _importing:
        import kubernetes.client
        import kubernetes.config

        return kubernetes


class ApiError(Readable, ClusterError):
    """The API server could not be asked, or did not do what it was asked for.

    Attributes:
        status: the HTTP status; 0 where there was no answer.
    """

    def __init__(self, message: str, next_step: str = "", *, status: int = 0) -> None:
        super().__init__(message, next_step)
        self.status = status


class UnreachableError(ApiError):
    """The API server gave no answer: nobody's doing is wrong, the cluster is not there."""


class Client:
    """Reads from one API server, with the credentials that the kubeconfig holds now.

    Args:
        patience: seconds in which an answer must begin, and between any two parts of it.
    """

    def __init__(self, patience: float = 15.0) -> None:
        self._patience = patience
        k8s = package()
        # The package has read the variable when it was imported, and would not see another value.
        path, config = os.environ.get("KUBECONFIG"), k8s.client.Configuration()
        try:
            k8s.config.load_kube_config(path, client_configuration=config, persist_config=False)
            if _is_here(config.host):
                config.proxy = None  # a school's proxy, of the environment, reaches itself there
            self._client = k8s.client.ApiClient(config)
        except (k8s.config.ConfigException, OSError, ssl.SSLError) as problem:
            raise ApiError(_("There is no usable kubeconfig: {problem}", problem=problem)) from None

    def close(self) -> None:
        """Give its sockets back."""
        self._client.rest_client.pool_manager.clear()

    def get(self, path: str, *, accept: str = JSON, **query: str) -> dict[str, Any]:
        """What the server answers.

        Raises:
            ApiError: with the server's own words, if it had any.
        """
        answer = self._ask(path, accept, query, self._patience)
        try:
            return dict(json.loads(answer.read()))
        except (ValueError, OSError) as problem:
            raise ApiError(
                _("The cluster's answer broke off: {problem}", problem=problem)
            ) from None
        finally:
            answer.release_conn()

    def follow(self, path: str, *, accept: str = JSON, **query: str) -> Followed:
        """The events of a watch, as they come; the server ends it after `QUIET` seconds.

        Raises:
            ApiError: see `get`.
        """
        wanted = {"watch": "true", "timeoutSeconds": f"{QUIET:g}", **query}
        return Followed(self._ask(path, accept, wanted, QUIET + self._patience))

    def _ask(
        self, path: str, accept: str, query: dict[str, str], patience: float
    ) -> BaseHTTPResponse:
        from urllib3.exceptions import HTTPError

        asked = self._client.param_serialize(
            "GET",
            path,
            query_params=list(query.items()),
            header_params={"Accept": accept},
            auth_settings=["BearerToken"],
        )
        try:
            answered = self._client.call_api(*asked, _request_timeout=(CONNECT, patience))
        except (package().client.ApiException, HTTPError, OSError) as problem:
            raise UnreachableError(
                _("The cluster does not answer: {problem}", problem=problem),
                _("Is the cluster up? `./lab status` tells; `./lab up` starts it."),
            ) from None
        answer: BaseHTTPResponse = answered.response
        if answer.status != 200:
            with answer:
                raise ApiError(_words(answer), status=answer.status)
        return answer


class Followed:
    """A watch that is open: its events are read in one thread, and `close` may come from any."""

    def __init__(self, answer: BaseHTTPResponse) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each event, `{"type": …, "object": …}`, until the server ends the watch or it is closed.

        Raises:
            ApiError: the connection broke, or the server says that it has forgotten where we were (410).
        """
        from urllib3.exceptions import HTTPError

        rest = b""
        try:
            for part in self._answer.stream(None):
                *lines, rest = (rest + part).split(b"\n")
                yield from map(_event, lines)
        except (HTTPError, OSError, ValueError) as problem:
            raise ApiError(
                _("The connection to the cluster broke: {problem}", problem=problem)
            ) from None

    def close(self) -> None:
        """End the watch; a read that is waiting for the next event ends as well.

        Closing the response would wait for that very read: its socket is shut down instead.
        """
        held = getattr(self._answer.connection, "sock", None)
        with suppress(OSError):
            if held is not None:
                held.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Give the socket back, from the thread that reads."""
        with suppress(OSError):
            self._answer.close()


def _is_here(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _event(line: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line)
    if event["type"] == "ERROR":
        status = event["object"]
        raise ApiError(str(status.get("message")), status=int(status.get("code", 0)))
    return event


def _words(answer: BaseHTTPResponse) -> str:
    """What an answer that is none says: the message of a Status, or all of it."""
    text = answer.read().decode("utf-8", "replace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()[:300] or f"HTTP {answer.status}"
