"""What `%%apply` changed: each object before and after, as a unified diff of its YAML.

Only where somebody reads it: it costs two looks at the cluster, and a grader has no use for them. A look that fails is
no failure of the cell: kubectl's own words on the apply are what counts.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from course import kubectl
from course.errors import LabError
from course.interactive import interactive
from course.magics import display

Object = dict[str, Any]
# The most seconds that a look may take.
DEADLINE = 10.0
_CONTEXT_LINES = 2
_CONFIGURED = re.compile(r"^(\S+/\S+) (?:server-side applied|configured)$", re.MULTILINE)
# Who writes these is the API server, at every change.
_SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SCOPE = frozenset({"-n", "--namespace", "--context", "--kubeconfig"})


def look(words: Sequence[str], manifest: str) -> Mapping[str, Object] | None:
    """The objects of a manifest as the cluster has them; None where nobody would read of a change.

    Args:
        words: the options of `kubectl apply`.
        manifest: YAML.
    """
    return _objects(words, manifest) if interactive() else None


def show(
    before: Mapping[str, Object] | None, said: str, words: Sequence[str], manifest: str
) -> None:
    """Show what has changed in the objects that `kubectl apply` said to have configured.

    Args:
        before: what `look` saw.
        said: kubectl's words.
        words, manifest: see `look`.
    """
    configured = frozenset(_CONFIGURED.findall(said))
    if not before or not configured:
        return
    after = _objects(words, manifest) or {}
    texts = [
        "\n".join(_diff(before[key], after[key]))
        for key in after
        if key in before and _name(after[key]) in configured
    ]
    if changed := "\n".join(filter(None, texts)):
        display.fenced(changed, "diff")


def _objects(words: Sequence[str], manifest: str) -> dict[str, Object] | None:
    args = ["get", *_scope(words), "--filename", "-", "--ignore-not-found", "--output", "json"]
    try:
        found = kubectl.run(args, stdin=manifest, deadline=DEADLINE).check().stdout
        data = json.loads(found) if found.strip() else {"items": []}
    except (LabError, ValueError):
        return None
    return {item["metadata"]["uid"]: item for item in data.get("items", [data])}


def _scope(words: Sequence[str]) -> Iterator[str]:
    """The options that say where, which `get` takes as well as `apply`."""
    left = iter(words)
    for word in left:
        if word in _SCOPE:
            yield from (word, next(left, ""))
        elif word.split("=")[0] in _SCOPE or re.match(r"-n\w", word):
            yield word


def _name(item: Object) -> str:
    """The object's name as kubectl says it: `deployment.apps/web`."""
    group = item["apiVersion"].rpartition("/")[0]
    kind = item["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{item['metadata']['name']}"


def _diff(before: Object, after: Object) -> Iterator[str]:
    name = _name(after)
    return difflib.unified_diff(
        _yaml(before), _yaml(after), name, name, n=_CONTEXT_LINES, lineterm=""
    )


def _yaml(item: Object) -> list[str]:
    """The lines of an object without what the API server writes by itself."""
    import yaml

    kept = {key: value for key, value in item.items() if key != "status"}
    about = {key: value for key, value in item["metadata"].items() if key not in _SERVERS}
    notes = {k: v for k, v in about.get("annotations", {}).items() if k != _LAST_APPLIED}
    about.pop("annotations", None)
    kept["metadata"] = {**about, "annotations": notes} if notes else about
    return yaml.safe_dump(kept, allow_unicode=True, width=10_000).splitlines()
