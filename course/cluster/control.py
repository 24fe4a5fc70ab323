"""The keeper's control API: HTTP over a unix socket in the cluster's state folder."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from course.cluster.base import Component, Event, Node, Reset, Status
from course.errors import ClusterError, ClusterTimeoutError

_REFUSED_FOR = 1.0
"""Seconds for which a keeper that has just bound its socket may not be listening on it yet."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        # Through the folder's descriptor, for a unix address holds 107 bytes and a path may be longer.
        folder = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(self.timeout)
            _connect(sock, f"/proc/self/fd/{folder}/{self._path.name}")
        except BaseException:
            sock.close()
            raise
        finally:
            os.close(folder)
        self.sock = sock


def _connect(sock: socket.socket, address: str) -> None:
    deadline = time.monotonic() + _REFUSED_FOR
    while True:
        try:
            sock.connect(address)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


class Control:
    """Requests to one keeper.

    Every method raises ClusterError where the keeper does not answer as it must.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def status(self, timeout: float = 5.0) -> Status:
        """GET /status."""
        return _status(self._json("GET", "/status", timeout))

    def wait(self, timeout: float) -> Iterator[Event]:
        """GET /wait: what happens until the cluster is ready or has failed, as it happens.

        Ends early where the keeper ends: a keeper that is killed cuts the connection at any moment.

        Raises:
            ClusterTimeoutError: `timeout` seconds passed; the message has the last event.
        """
        deadline = time.monotonic() + timeout
        last = "nothing"
        connection = _UnixConnection(self._path, timeout)
        try:
            connection.request("GET", "/wait")
            sock = connection.sock  # the response takes it over where the server closes after it
            response = connection.getresponse()
            while True:
                if sock is not None:
                    sock.settimeout(max(0.001, deadline - time.monotonic()))
                line = response.readline()
                if not line:
                    return
                event = _event(line)
                last = f"{event.stage}: {event.message}"
                yield event
        except TimeoutError:
            raise ClusterTimeoutError(
                f"the cluster was not ready after {timeout:.0f} s; last seen: {last}.",
                f"The logs are in {self._path.parent.parent / 'logs'}.",
            ) from None
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def stop(self, timeout: float) -> None:
        """POST /stop: answered when every process but the keeper is gone."""
        self._json("POST", "/stop", timeout)

    def restart(self, component: str, timeout: float = 10.0) -> None:
        """POST /restart: ends one component, which the keeper then starts again."""
        self._json("POST", f"/restart?{urlencode({'component': component})}", timeout)

    def load_image(self, archive: Path, timeout: float = 120.0) -> None:
        """POST /images: brings an image archive to every node."""
        self._json("POST", f"/images?{urlencode({'path': str(archive)})}", timeout)

    def save_baseline(self, timeout: float = 30.0) -> None:
        """POST /baseline: remembers what the cluster is now as its pristine state."""
        self._json("POST", "/baseline", timeout)

    def reset(self, timeout: float = 15.0) -> Reset:
        """POST /reset: brings the cluster back to its baseline."""
        data = self._json("POST", "/reset", timeout)
        return Reset(
            deleted=int(data["deleted"]),
            restored=int(data["restored"]),
            pods=int(data["pods"]),
            rounds=int(data["rounds"]),
            seconds=float(data["seconds"]),
            left=tuple(data["left"]),
        )

    def verify(self, timeout: float = 15.0) -> list[str]:
        """GET /verify: what is not as the baseline has it; the first 20 keys, and pods left on nodes."""
        data = self._json("GET", "/verify", timeout)
        differs = [str(key) for key in data["differs"]]
        left = int(data["sandboxes"])
        return differs + ([f"{left} pod(s) on the nodes"] if left else [])

    def _json(self, method: str, target: str, timeout: float) -> Any:
        connection = _UnixConnection(self._path, timeout)
        what = f"{method} {target.partition('?')[0]}"
        try:
            connection.request(method, target)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ClusterError(
                f"the cluster's keeper did not answer {what} within {timeout:.0f} s: "
                f"{error or type(error).__name__}.",
                "If it stays so, end the cluster and start it again: ./lab down, then ./lab up",
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            said = body.decode(errors="replace").strip()
            raise ClusterError(f"the cluster's keeper answered {response.status} to {what}: {said}")
        return json.loads(body) if body.strip().startswith(b"{") else {}


def _event(line: bytes) -> Event:
    try:
        data = json.loads(line)
        return Event(float(data["seconds"]), str(data["stage"]), str(data.get("message", "")))
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"the keeper sent an event that is none: {line[:200]!r}.") from error


def _status(data: dict[str, Any]) -> Status:
    nodes = tuple(
        Node(n["name"], n.get("address", ""), bool(n.get("ready"))) for n in data.get("nodes") or ()
    )
    components = tuple(
        Component(
            c["name"],
            c.get("state", ""),
            int(c.get("pid") or 0),
            int(c.get("restarts") or 0),
            c.get("lastError") or "",
        )
        for c in data.get("components") or ()
    )
    return Status(
        cluster=data.get("cluster", ""),
        state=data.get("state", "starting"),
        message=data.get("message") or "",
        k=int(data.get("k") or 0),
        kubeconfig=data.get("kubeconfig") or "",
        nodes=nodes,
        components=components,
    )
