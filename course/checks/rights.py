"""Who may do what, as the API server's authorizer answers it (a SubjectAccessReview), and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from course import api, kubectl
from course.checks.failure import CheckFailed
from course.language import _


@dataclass(frozen=True)
class Subject:
    """Somebody who asks the API: a user with groups."""

    user: str
    groups: tuple[str, ...] = ("system:authenticated",)

    def __str__(self) -> str:
        match self.user.split(":"):
            case ["system", "anonymous"]:
                return _("Somebody without credentials")
            case ["system", "serviceaccount", namespace, name]:
                return _(
                    "ServiceAccount {name} in namespace {namespace}", name=name, namespace=namespace
                )
            case _other:
                return _("User {name}", name=self.user)

    def is_named_by(self, subject: dict[str, Any]) -> bool:
        """Whether a RoleBinding's subject means it."""
        if subject["kind"] == "Group":
            return subject["name"] in self.groups
        if subject["kind"] == "ServiceAccount":
            return self == service_account(subject["name"], subject.get("namespace", ""))
        return bool(subject["name"] == self.user)


ANONYMOUS = Subject("system:anonymous", ("system:unauthenticated",))
"""A request that brings neither a certificate nor a token."""


def service_account(name: str, namespace: str) -> Subject:
    """What a Pod is to the API that runs as this ServiceAccount."""
    groups = (
        "system:serviceaccounts",
        f"system:serviceaccounts:{namespace}",
        "system:authenticated",
    )
    return Subject(f"system:serviceaccount:{namespace}:{name}", groups)


def can(who: Subject, verb: str, resource: str, namespace: str = "", name: str = "") -> None:
    """The subject is allowed to.

    Args:
        who: the subject.
        verb: get, list, create, …
        resource: `pods`, or with its group: `deployments.apps`.
        namespace: empty for all of them, or for what is in none.
        name: of one object; empty for all.
    """
    if not _review(who, verb, resource, namespace, name)[0]:
        deed = _deed(verb, resource, namespace, name)
        raise CheckFailed(
            str(who), _("the right to {deed}", deed=deed), _("that there is none"),
            _why_not(who, namespace), _look(namespace),
        )  # fmt: skip


def cannot(who: Subject, verb: str, resource: str, namespace: str = "", name: str = "") -> None:
    """The subject is not allowed to."""
    allowed, why = _review(who, verb, resource, namespace, name)
    if allowed:
        deed = _deed(verb, resource, namespace, name)
        raise CheckFailed(
            str(who), _("no right to {deed}", deed=deed), _("that there is one"),
            why.removeprefix("RBAC: "), _look(namespace),
        )  # fmt: skip


def _review(who: Subject, verb: str, resource: str, namespace: str, name: str) -> tuple[bool, str]:
    plural, _dot, group = resource.partition(".")
    attributes = {
        "verb": verb, "resource": plural, "group": group, "namespace": namespace, "name": name
    }  # fmt: skip
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": who.user,
            "groups": list(who.groups),
            "resourceAttributes": attributes,
        },
    }
    args = ["create", "--filename", "-", "--output", "json"]
    answer = json.loads(kubectl.run(args, stdin=json.dumps(review)).check().stdout)["status"]
    return bool(answer["allowed"]), str(answer.get("reason", ""))


def _deed(verb: str, resource: str, namespace: str, name: str) -> str:
    what = f"{resource}/{name}" if name else resource
    if not namespace:
        return f"{verb} {what}"
    return _("{verb} {what} in namespace {namespace}", verb=verb, what=what, namespace=namespace)


def _look(namespace: str) -> str:
    scope = f"-n {namespace}" if namespace else "--all-namespaces"
    return f"kubectl get role,rolebinding {scope} -o wide"


def _why_not(who: Subject, namespace: str) -> str:
    bindings = api.get_all("rolebinding", namespace, everywhere=not namespace)
    if not bindings:
        return _("there is no RoleBinding in namespace {namespace}", namespace=namespace)
    for one in bindings:
        if not any(who.is_named_by(subject) for subject in one.get("subjects", [])):
            continue
        ref, place = one["roleRef"], one["metadata"]["namespace"]
        told = {"binding": one["metadata"]["name"], "role": f"{ref['kind']} {ref['name']}"}
        if api.get(ref["kind"], ref["name"], place if ref["kind"] == "Role" else "") is None:
            return _("RoleBinding {binding} names it, but its {role} does not exist", **told)
        return _("RoleBinding {binding} names it, but {role} does not allow this", **told)
    named = sorted(
        f"{subject['kind']} {subject['name']}"
        for one in bindings
        for subject in one.get("subjects", [])
    )
    return _(
        "no RoleBinding there names {whom}; named are: {named}",
        whom=", ".join((who.user, *who.groups)),
        named=", ".join(named[:4]) or "-",
    )
