"""An object of the cluster, and what can be asked of it.

What `kubectl apply` sent is there at once, so an object that does not exist, or holds the wrong spec,
fails at once. What the cluster has yet to do (start, get ready, answer) takes `within`: the seconds in
which it must come true. The API is watched meanwhile, so the answer is there when the cluster has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

from course import api, kubectl
from course.checks import cause, events, inside, logs, ready
from course.checks.failure import CheckFailed
from course.checks.http import http
from course.checks.match import Mismatch, compare
from course.checks.ready import STEADY
from course.language import _
from course.patience import clock

WITHIN = 20.0
OWED = 60.0
"""Seconds more for what the cluster owes: the kubelet looks for it again after 1, 2, 4, … 64 s."""
# Kinds of more than one word, as the documentation writes them.
_KINDS = {
    word.lower(): word
    for word in (
        "ClusterRole", "ConfigMap", "DaemonSet", "LimitRange", "PersistentVolumeClaim", "ReplicaSet",
        "ResourceQuota", "RoleBinding", "ServiceAccount", "StatefulSet",
    )
}  # fmt: skip


class Object:
    """One object by kind, name and namespace; it need not exist yet.

    Args:
        kind: as kubectl takes it: `pod`, `deployment`, `configmap`, …
        name: its name.
        namespace: empty for an object outside of namespaces.
        comes_later: a controller makes it: its absence is waited for, too.
    """

    def __init__(
        self, kind: str, name: str, namespace: str = "", *, comes_later: bool = False
    ) -> None:
        self.kind, self.name, self.namespace = kind.lower(), name, namespace
        self.comes_later = comes_later

    def __str__(self) -> str:
        kind = _KINDS.get(self.kind, self.kind.capitalize())
        if not self.namespace:
            return f"{kind} {self.name}"
        return _(
            "{kind} {name} in namespace {namespace}",
            kind=kind,
            name=self.name,
            namespace=self.namespace,
        )

    def __repr__(self) -> str:
        return f"<{self}>"

    def now(self) -> dict[str, Any] | None:
        """The object as the API has it now, or None."""
        return api.get(self.kind, self.name, self.namespace)

    def get(self, *, within: float = 0) -> dict[str, Any]:
        """The object; CheckFailed where it is not there."""
        return self._until(lambda _item: [], _("it to exist"), within)

    def matches(self, wanted: Mapping[str, Any], *, within: float = 0) -> dict[str, Any]:
        """The object holds at least what `wanted` says (see `course.checks.match`)."""
        return self._until(lambda item: compare(item, wanted), "", within)

    def is_ready(self, *, within: float = WITHIN, steady: float = STEADY) -> dict[str, Any]:
        """The object's condition Ready (of a Deployment: Available) is True, and stays so.

        It must come true within `within` seconds, and hold for `steady`.
        """
        wrong = ready.judge(self.kind)
        end = clock() + within
        while True:
            item = self._until_ready(wrong, max(0.0, end - clock()), within)
            fallen = self._falls(wrong, ready.seconds_left(item, self.kind, steady))
            if fallen is None:
                return item
            if clock() >= end or cause.is_stuck(fallen):
                raise self._failure(fallen, wrong, "", within)

    def _until_ready(
        self, wrong: Callable[[dict[str, Any]], list[Mismatch]], seconds: float, within: float
    ) -> dict[str, Any]:
        """Wait until nothing is wrong; longer for what the cluster itself has yet to put there."""
        try:
            return self._until(wrong, "", seconds, patience=within)
        except CheckFailed as failed:
            if not (within and cause.is_the_clusters_own(failed.cause)):
                raise
        return self._until(wrong, "", OWED, patience=within)

    def _falls(
        self, wrong: Callable[[dict[str, Any]], list[Mismatch]], seconds: float
    ) -> dict[str, Any] | None:
        """The object as it was when something was wrong with it, or None if nothing was for so long."""
        watch = api.watch(self.kind, self.name, self.namespace, seconds, now=time.monotonic)
        with closing(watch) as events:
            return next((item for _kind, item in events if wrong(item)), None)

    def must_not_match(self, unwanted: Mapping[str, Any], because: str = "") -> None:
        """The object does not hold what `unwanted` says. An object that is not there is fine."""
        item = self.now()
        if item is not None and not compare(item, unwanted):
            raise CheckFailed(
                str(self),
                _("no {what}", what=_words(unwanted)),
                _("just that"),
                because,
                f"kubectl get {self.kind} {self._scope} -o yaml",
            )

    def is_absent(self, *, within: float = WITHIN) -> None:
        """There is no such object, or there is none any more after `within` seconds."""
        scope = ["--namespace", self.namespace] if self.namespace else []
        # Without an end of its own: when time is up, says the patient clock.
        wait = ["wait", "--for=delete", f"{self.kind}/{self.name}", *scope, "--timeout=-1s"]
        with suppress(kubectl.CommandTimeoutError):
            kubectl.stream(wait, lambda _text: None, deadline=within, now=clock)
        if (item := self.now()) is not None:
            why, look = cause.of(item)
            patience = _(" within {seconds:g} s", seconds=within) if within else ""
            found = _("that it exists")
            raise CheckFailed(str(self), _("no such object") + patience, found, why, look)

    def answers(
        self,
        port: int,
        path: str = "/",
        *,
        contains: str = "",
        status: int = 200,
        within: float = WITHIN,
    ) -> str:
        """A real HTTP request to the Pod's own address is answered; returns the page."""
        return self._ask(port, path, contains=contains, status=status, within=within)

    def page_changes(
        self, port: int, path: str = "/", *, contains: str = "", within: float = WITHIN
    ) -> str:
        """Two requests get different pages: something behind the server is at work. Returns the second."""
        before = self._ask(port, path, contains=contains, within=within)
        return self._ask(port, path, contains=contains, within=within, differs_from=before)

    def logs_hold(
        self, text: str, *, container: str = "", previous: bool = False, within: float = WITHIN
    ) -> str:
        """A container's log holds the text, or does so within the time (see `course.checks.logs`)."""
        return logs.hold(self, text, container=container, previous=previous, within=within)

    def runs(
        self,
        argv: Sequence[str],
        *,
        container: str = "",
        prints: str = "",
        deadline: float = WITHIN,
    ) -> str:
        """A command in a container ends well and prints the text; returns what it printed."""
        return inside.runs(self, argv, container=container, prints=prints, deadline=deadline)

    def has_event(
        self, reason: str, *, contains: str = "", within: float = WITHIN
    ) -> dict[str, Any]:
        """The cluster told of this reason about the object, or does so within the time."""
        return events.event(self, reason, contains=contains, within=within)

    @property
    def _scope(self) -> str:
        return f"{self.name} -n {self.namespace}" if self.namespace else self.name

    def _ask(
        self, port: int, path: str, *, within: float, contains: str = "", **options: Any
    ) -> str:
        item = self.matches({"status": {"podIP": ...}}, within=within)
        url = f"http://{item['status']['podIP']}:{port}{path}"
        try:
            return http(
                url,
                within=within,
                contains=contains,
                about=_("{object}, port {port}", object=self, port=port),
                **options,
            )
        except CheckFailed as failure:
            why, look = cause.of(self.now() or item)
            if not why and "refused" in failure.found:
                why = _("no process in the Pod listens on port {port}", port=port)
            raise CheckFailed(
                failure.about, failure.expected, failure.found, why, look if why else failure.look
            ) from None

    def _until(
        self,
        wrong: Callable[[dict[str, Any]], list[Mismatch]],
        wanted: str,
        within: float,
        *,
        patience: float | None = None,
    ) -> dict[str, Any]:
        """Watch the object until nothing is wrong with it; CheckFailed with what was wrong at last."""
        last = self.now()
        if last is not None and not wrong(last):
            return last
        if within > 0 and (last is not None or self.comes_later) and not cause.is_stuck(last):
            with closing(api.watch(self.kind, self.name, self.namespace, within)) as events:
                for kind, item in events:
                    last = None if kind == "DELETED" else item
                    if last is not None and not wrong(last):
                        return last
                    if cause.is_stuck(last):
                        break
                else:  # on a machine that stood still, events are late: one look decides
                    last = self.now()
                    if last is not None and not wrong(last):
                        return last
        raise self._failure(last, wrong, wanted, within if patience is None else patience)

    def _failure(
        self,
        last: dict[str, Any] | None,
        wrong: Callable[[dict[str, Any]], list[Mismatch]],
        wanted: str,
        within: float,
    ) -> CheckFailed:
        patience = _(" within {seconds:g} s", seconds=within) if within else ""
        if last is None:
            why, look = cause.of_absence(self.kind, self.name, self.namespace)
            expected = (wanted or _("it to exist")) + patience
            return CheckFailed(str(self), expected, _("no such object"), why, look)
        first, *others = wrong(last)
        why, look = cause.of(last)
        if first.path.startswith(("spec", "metadata")):
            why = ""  # what was asked for is not as it should be: the object's state has no part in it
        more = _(" (and {count} more)", count=len(others)) if others else ""
        expected = f"{first.path} = {first.expected}{patience}"
        return CheckFailed(str(self), expected, f"{first.found}{more}", why, look)


def _words(wanted: Any, path: str = "") -> str:
    """A pattern as words: `spec.hostNetwork = True`."""
    if isinstance(wanted, Mapping):
        return ", ".join(
            _words(value, f"{path}.{key}" if path else str(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return ", ".join(_words(value, f"{path}[]") for value in wanted)
    return f"{path} = {wanted}"
