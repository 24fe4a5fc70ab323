"""Objects of any kind as the API server prints them: as rows of a Table, with the columns that kubectl shows.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from course.api.client import TABLE, ApiError, Client, package
from course.api.informer import Item, Source
from course.language import _

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class TableSource(Source):
    """A source whose items are rows: `cells`, the `columns` that they belong to, and the object's metadata.

    Attributes:
        base: where the API has the kind: `/apis/apps/v1`.
    """

    accept: ClassVar[str] = TABLE
    base: str = "/api/v1"
    # The server names the columns in a watch's first event only: every row refers to this list.
    _columns: list[dict[str, Any]] = field(default_factory=list, compare=False, repr=False)

    @property
    def path(self) -> str:
        """Where the API has them."""
        scope = f"/namespaces/{quote(self.namespace, safe='')}" if self.namespace else ""
        return f"{self.base}{scope}/{self.kind}"

    def listed(self, answer: Item) -> list[Item]:
        """The rows of a table."""
        if columns := answer.get("columnDefinitions"):
            self._columns[:] = columns
        return [self._item(row) for row in answer.get("rows") or []]

    def told(self, changed: Item) -> Item:
        """The one row of an event's table."""
        return self.listed(changed)[0]

    def _item(self, row: Item) -> Item:
        about = row["object"]["metadata"]
        return {"metadata": about, "cells": row["cells"], "columns": self._columns}


@dataclass(frozen=True)
class Kind:
    """A kind of objects that the API has.

    Attributes:
        plural: its name in the API: `deployments`.
        base: where the API has it: `/apis/apps/v1`.
        namespaced: whether its objects are in namespaces.
        title: the name with its group, as kubectl says it before several tables: `deployments.apps`.
    """

    plural: str
    base: str
    namespaced: bool
    title: str


def kind_of(client: Client, word: str) -> Kind:
    """The kind that a person means by a plural, a singular, a short name or a plural with its group.

    Raises:
        ApiError: the cluster has no such kind that can be watched, or does not answer.
    """
    for root in ("/api", "/apis"):
        for group in client.get(root, accept=_DISCOVERY).get("items", []):
            name = group["metadata"].get("name", "")
            for version in group["versions"][:1]:  # the one that the server prefers
                for resource in version.get("resources", []):
                    if word.lower() in _names(resource, name) and "watch" in resource["verbs"]:
                        base = "/".join(filter(None, [root, name, version["version"]]))
                        plural, scope = resource["resource"], resource["scope"]
                        title = f"{plural}.{name}" if name else plural
                        return Kind(plural, base, scope == "Namespaced", title)
    raise ApiError(
        _("The cluster has no kind `{kind}` that can be watched.", kind=word),
        _("`%kubectl api-resources` lists the kinds that there are, and their short names."),
    )


def _names(resource: dict[str, Any], group: str) -> set[str]:
    plural = resource["resource"]
    names = {plural, resource.get("singularResource", ""), *resource.get("shortNames", [])}
    return names | {f"{plural}.{group}"}


def current_namespace() -> str:
    """The namespace of the kubeconfig's current context."""
    config = package().config
    try:
        _contexts, active = config.list_kube_config_contexts(os.environ.get("KUBECONFIG"))
    except (config.ConfigException, OSError) as problem:
        raise ApiError(_("There is no usable kubeconfig: {problem}", problem=problem)) from None
    return str(active["context"].get("namespace") or "default")
