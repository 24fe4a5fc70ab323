"""Who may do what, as the API server's authorizer answers it (a SubjectAccessReview), and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from course import kubectl
from course.checks.failure import CheckFailed


@dataclass(frozen=True)
class Subject:
    """Somebody who asks the API: a user with groups."""

    user: str
    groups: tuple[str, ...] = ("system:authenticated",)
    title: str = ""

    def __str__(self) -> str:
        return self.title or f"User {self.user}"

    def is_named_by(self, subject: dict[str, Any]) -> bool:
        """Whether a RoleBinding's subject means it."""
        if subject["kind"] == "Group":
            return subject["name"] in self.groups
        if subject["kind"] == "ServiceAccount":
            return self == service_account(subject["name"], subject.get("namespace", ""))
        return bool(subject["name"] == self.user)


ANONYMOUS = Subject("system:anonymous", ("system:unauthenticated",), "Somebody without credentials")
"""A request that brings neither a certificate nor a token."""


def service_account(name: str, namespace: str) -> Subject:
    """What a Pod is to the API that runs as this ServiceAccount."""
    groups = (
        "system:serviceaccounts",
        f"system:serviceaccounts:{namespace}",
        "system:authenticated",
    )
    title = f"ServiceAccount {name} of namespace {namespace}"
    return Subject(f"system:serviceaccount:{namespace}:{name}", groups, title)


def can(who: Subject, verb: str, resource: str, namespace: str = "", name: str = "") -> None:
    """The subject is allowed to.

    Args:
        who: the subject.
        verb: get, list, create, …
        resource: `pods`, or with its group: `deployments.apps`.
        namespace: empty for all of them, or for what is in none.
        name: of one object; empty for all.
    """
    allowed, _ = _review(who, verb, resource, namespace, name)
    if not allowed:
        raise CheckFailed(
            str(who), f"the right to {_deed(verb, resource, namespace, name)}", "that it has none",
            _why_not(who, namespace), _look(namespace),
        )  # fmt: skip


def cannot(who: Subject, verb: str, resource: str, namespace: str = "", name: str = "") -> None:
    """The subject is not allowed to."""
    allowed, why = _review(who, verb, resource, namespace, name)
    if allowed:
        raise CheckFailed(
            str(who), f"no right to {_deed(verb, resource, namespace, name)}", "that it may",
            why.removeprefix("RBAC: "), _look(namespace),
        )  # fmt: skip


def _review(who: Subject, verb: str, resource: str, namespace: str, name: str) -> tuple[bool, str]:
    plural, _, group = resource.partition(".")
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
    place = f" in namespace {namespace}" if namespace else ""
    return f"{verb} {resource}{'/' + name if name else ''}{place}"


def _look(namespace: str) -> str:
    scope = f"-n {namespace}" if namespace else "--all-namespaces"
    return f"kubectl get role,rolebinding {scope} -o wide"


def _why_not(who: Subject, namespace: str) -> str:
    scope = ["--namespace", namespace] if namespace else ["--all-namespaces"]
    bindings = kubectl.get_all("rolebinding", *scope)
    if not bindings:
        return f"there is no RoleBinding in namespace {namespace}"
    for one in bindings:
        if not any(who.is_named_by(subject) for subject in one.get("subjects", [])):
            continue
        ref, place = one["roleRef"], one["metadata"]["namespace"]
        told = f"RoleBinding {one['metadata']['name']} names it"
        if kubectl.get(ref["kind"], ref["name"], place if ref["kind"] == "Role" else "") is None:
            return f"{told}, but its {ref['kind']} {ref['name']} does not exist"
        return f"{told}, but {ref['kind']} {ref['name']} does not allow this"
    named = sorted(
        f"{subject['kind']} {subject['name']}"
        for one in bindings
        for subject in one.get("subjects", [])
    )
    return (
        f"no RoleBinding there names {who.user}, nor {' or '.join(who.groups)}; "
        f"named are: {', '.join(named[:4]) or 'none'}"
    )
