"""What to do next about an error of kubectl's: its words, and what a beginner can do about them.

A hint stands below kubectl's own words and is shown to who wrote the command: checks and exercises ask kubectl by
`course.kubectl`, which knows no hints.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from course import kubectl
from course.errors import LabError
from course.interactive import interactive
from course.kubectl import CommandError
from course.language import _, later
from course.magics.line import verb

# The most seconds that looking for a likely meaning may take, where somebody waits for it.
DEADLINE = 5.0


@dataclass(frozen=True)
class Hint:
    """Words of kubectl's, and the hint; the pattern's groups go into its braces, `{verb}` is the command's."""

    pattern: str
    text: str


HINTS = (
    Hint(
        r'namespaces "(?P<name>[^"]+)" not found',
        later(
            "There is no namespace {name}. `%kubectl get namespaces` lists them; "
            "`%kubectl create namespace {name}` makes it."
        ),
    ),
    Hint(
        r'(?P<kind>[\w.-]+) "(?P<name>[^"]+)" not found',
        later(
            "`%kubectl get {kind}` lists those of the namespace that you look at, "
            "`%kubectl get {kind} -A` those of all namespaces."
        ),
    ),
    Hint(
        r"the server doesn't have a resource type \"(?P<kind>[^\"]+)\"",
        later("`%kubectl api-resources` lists the kinds that there are, and their short names."),
    ),
    Hint(
        r'no matches for kind "(?P<kind>[^"]+)" in version "(?P<version>[^"]+)"',
        later(
            "The cluster knows no kind {kind} in {version}. `%kubectl api-resources` lists the kinds with the "
            "apiVersion of each: compare both fields, capitals too."
        ),
    ),
    Hint(
        r'(?P<kind>[\w.-]+) "(?P<name>[^"]+)" already exists',
        later(
            "Delete it first (`%kubectl delete {kind} {name}`), or change the one that is there: by `%%apply`."
        ),
    ),
    Hint(
        r"exceeded quota: (?P<name>[^,]+)",
        later(
            "The namespace's quota {name} leaves no room for it. `%kubectl describe quota {name}` shows what is used: "
            "ask for less, or delete something."
        ),
    ),
    Hint(
        r'cannot (?P<what>\w+) resource "(?P<resource>[^"]+)"',
        later(
            "This user has no right to {what} {resource} there. `%kubectl auth can-i --list` shows the rights; a Role "
            "with a RoleBinding gives more."
        ),
    ),
    Hint(
        r"error converting YAML to JSON: yaml: line (?P<line>\d+)",
        later(
            "The YAML cannot be read near its line {line}. Look there and one line above: spaces, not tabs, and the "
            "same number for neighbours; a space behind each colon; quotes and brackets closed.{quoted}"
        ),
    ),
    Hint(
        r'(?P<kind>\w+) in version "[^"]+" cannot be handled '
        r'.* unknown field "(?:(?P<parent>[^"]+)\.)?(?P<field>[^".]+)"',
        later(
            "There is no field {field} at this place. `%explain {path}` lists those that there are: is it misspelt, "
            "or indented too far or too little?"
        ),
    ),
    Hint(
        r"field is immutable|may not change fields|updates to \w+ spec for fields other than",
        later(
            "This cannot be changed in an object that exists. Delete it and apply it again: "
            "`%kubectl delete KIND NAME`."
        ),
    ),
    Hint(
        r'unknown command "(?P<word>[^"]+)" for "kubectl',
        later("`%kubectl help` lists kubectl's commands."),
    ),
    Hint(
        r"unknown (?:shorthand )?flag|required flag\(s\)|invalid argument|flag needs an argument",
        later("`%kubectl {verb} --help` explains the command's flags, with examples."),
    ),
    Hint(
        r"no name was specified",
        later(
            "Name the object as well (`%kubectl {verb} KIND NAME`); `--all` means all of the namespace."
        ),
    ),
    Hint(
        r'field "(?P<field>[^"]+)" does not exist',
        later("`%explain` with the path up to before {field} lists the fields that there are."),
    ),
    Hint(
        r"no context exists with the name|context was not found",
        later("`%kubectl config get-contexts` lists the contexts."),
    ),
    Hint(
        r"is waiting to start: (?P<why>[\w ]+)",
        later(
            "Its container does not run yet ({why}). `%events` shows what happens to it, "
            "`%kubectl describe pod NAME` why it waits."
        ),
    ),
    Hint(
        r"timed out waiting for the condition(?: on (?P<name>\S+))?",
        later(
            "It did not come about in time. `%kubectl describe` and `%events` show what it waits for."
        ),
    ),
)


def of(failure: CommandError, manifest: str = "") -> str:
    """What to do next about a command that failed; empty where nothing is known.

    Args:
        failure: the command, and its words.
        manifest: the YAML that it was given.
    """
    if not failure.argv[0].endswith("kubectl"):
        return ""
    for hint in HINTS:
        if match := re.search(hint.pattern, failure.words):
            found = {name: value or "" for name, value in match.groupdict().items()}
            found["verb"] = verb(failure.argv[1:])
            found["path"] = _path(found)
            found["quoted"] = _quoted(manifest, found.get("line", ""))
            return "\n".join(filter(None, [_(hint.text, **found), _likely(found, failure.words)]))
    return ""


def _path(found: dict[str, str]) -> str:
    """A field's parent as `kubectl explain` takes it: without the places in lists."""
    parent = re.sub(r"\[\d+\]", "", found.get("parent", ""))
    return ".".join(filter(None, [found.get("kind", "").lower(), parent]))


def _quoted(manifest: str, line: str) -> str:
    lines = manifest.splitlines()
    if not line or not 0 < int(line) <= len(lines):
        return ""
    return f"\n    {line}: {lines[int(line) - 1]}"


def _likely(found: dict[str, str], words: str) -> str:
    """What is meant, likely: asked of the cluster where somebody waits for an answer."""
    kind, name = found.get("kind", ""), found.get("name", "")
    if not interactive():
        return ""
    try:
        if "doesn't have a resource type" in words:
            return _did_you_mean(kind)
        if kind and "(NotFound)" in words and kind != "namespaces":
            return _elsewhere(kind, name)
    except LabError:
        pass
    return ""


def _did_you_mean(kind: str) -> str:
    said = kubectl.run(["api-resources", "--no-headers"], deadline=DEADLINE).check().stdout
    known = {word: row[0] for row in map(str.split, said.splitlines()) for word in _names_of(row)}
    near = difflib.get_close_matches(kind, sorted(known), n=3)
    names = dict.fromkeys(known[word] for word in near)
    return _("Did you mean: {names}?", names=", ".join(names)) if names else ""


def _names_of(row: list[str]) -> list[str]:
    """The plural, the short names and the singular of a kind, of its row in `kubectl api-resources`."""
    short = row[1].split(",") if len(row) == 5 else []
    return [row[0], *short, row[-1].lower()]


def _elsewhere(kind: str, name: str) -> str:
    args = ["get", kind, "--all-namespaces", f"--field-selector=metadata.name={name}"]
    args += ["--output=jsonpath={.items[*].metadata.namespace}"]
    spaces = kubectl.run(args, deadline=DEADLINE).check().stdout.split()
    if not spaces:
        return ""
    return _(
        "There is one of this name in the namespace {namespace}: add `-n {namespace}`.",
        namespace=spaces[0],
    )
