"""`%watch`: objects as a table that goes on changing; a bounded `kubectl get --watch` where nobody looks on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from course.errors import ClusterError
from course.interactive import interactive
from course.kubectl import Readable
from course.language import _
from course.magics import running
from course.magics.line import MagicError, Options, parse
from course.magics.watch_line import WatchLine, watch_line

if TYPE_CHECKING:
    from course.api.tables import Kind


class WatchError(Readable, ClusterError):
    """The cluster cannot be watched for what the line names."""


def start(line: str, shell: Any) -> None:
    """Follow what the line of a `kubectl get` asks for.

    Raises:
        MagicError: the line cannot be understood.
        WatchError: the cluster has no such kind, or does not answer.
        CommandError: kubectl failed.
    """
    options, words = parse(line, shell.user_ns)
    asked = watch_line(words)
    if interactive():
        _live(asked)
    else:
        _bounded(asked, options, shell.user_ns)


def _live(asked: WatchLine) -> None:
    from course.api.client import ApiError
    from course.magics.live_tables import LiveTables
    from course.views.live.display import show

    try:
        kinds, namespace = _found(asked)
    except ApiError as problem:
        raise WatchError(problem.message, problem.next_step) from None
    show(LiveTables(asked, kinds, namespace))


def _found(asked: WatchLine) -> tuple[list[Kind], str]:
    """The kinds that are asked for, as the API has them, and the namespace."""
    from course.api.client import Client
    from course.api.tables import current_namespace, kind_of

    client = Client()
    try:
        kinds = [kind_of(client, word) for word in asked.kinds]
    finally:
        client.close()
    return kinds, "" if asked.everywhere else asked.namespace or current_namespace()


def _bounded(asked: WatchLine, options: Options, variables: dict[str, Any]) -> None:
    """Follow the kinds side by side: kubectl watches one at a time."""
    if len(asked.kinds) > 1 and (options.until or options.into):
        raise MagicError(_("--until and --into follow one kind: name one, not several."))
    with ThreadPoolExecutor(len(asked.kinds)) as pool:
        calls = [
            pool.submit(running.run, "kubectl", asked.argv(kind), options, say_end=False)
            for kind in asked.kinds
        ]
    results = [call.result() for call in calls]
    for done in results:
        running.finish(options, done, variables)
    if options.until is None and any(done.cut for done in results):
        running.say_ended(options.deadline or running.WATCH_SECONDS)
