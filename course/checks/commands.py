"""Commands that a student wrote down as data: what docker and ctr would make of them.

The grader's sandbox has no node to run them on, so they are read as their programs read them, and judged
by what they do: `-n k8s.io` and `--namespace=k8s.io` are one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from course.checks.answers import answer
from course.checks.failure import CheckFailed
from course.checks.match import Predicate, show

KUBERNETES = "k8s.io"
"""containerd's namespace for what the kubelet runs."""
_CTR_DEFAULT = "default"
_CTR_GLOBAL = {"-n", "--namespace", "-a", "--address", "--timeout", "--connect-timeout"}
_CTR_VALUES = {"--platform", "--base-name", "--index-name", "--label", "--snapshotter"}
_DOCKER_VALUES = {"-o", "--output", "--platform"}
_IMAGES = {"images", "image", "i"}


@dataclass(frozen=True)
class Step:
    """What one command does with images.

    Attributes:
        does: `save`, `import`, `export` or `list`; empty for what we do not know.
        place: containerd's namespace; empty where the program has none.
        archive: the file's name, without its folder.
        images: the references that it names.
        wrong: why its program would refuse it; empty where it would not.
    """

    does: str = ""
    place: str = ""
    archive: str = ""
    images: tuple[str, ...] = ()
    wrong: str = ""


def commands(name: str) -> list[list[str]]:
    """The commands in the student's variable, each as a list of words.

    Raises:
        CheckFailed: it is no list of commands.
    """
    given = answer(name)
    if not isinstance(given, list) or not given:
        raise CheckFailed(
            f"Answer {name}", "a list of commands", show(given), look=f"print({name})"
        )
    return [_words(name, index, one) for index, one in enumerate(given)]


def steps(name: str) -> list[Step]:
    """What the commands in the student's variable do, one after the other.

    Raises:
        CheckFailed: it is no list of commands, or a program would refuse one.
    """
    read = []
    for words in commands(name):
        step = of(words)
        if step.wrong:
            raise CheckFailed(
                f"Answer {name}",
                "commands that their programs accept",
                shlex.join(words),
                step.wrong,
            )
        read.append(step)
    return read


def does(name: str, what: str, *, after_step: str = "", **wanted: Any) -> Step:
    """One of the commands does this, behind one that does `after_step`; returns what it does.

    Args:
        name: the student's variable.
        what: what it does, as `Step` has it.
        after_step: what a command before it does.
        wanted: other parts of the step, each a value or a Predicate.
    """
    found = steps(name)
    begin = 0
    if after_step:
        begin = next((i for i, step in enumerate(found) if step.does == after_step), len(found)) + 1
    same = [step for step in found[begin:] if step.does == what]
    for step in same:
        if all(_holds(getattr(step, key), value) for key, value in wanted.items()):
            return step
    words = ", ".join(f"{_PART[key]} {_shown(value)}" for key, value in wanted.items())
    expected = f"a command for “{what}”" + (f" behind “{after_step}”" if after_step else "")
    expected += f" with {words}" if words else ""
    seen = _found(found, same, wanted)
    raise CheckFailed(f"Answer {name}", expected, seen, _hint(same, wanted), f"print({name})")


_PART = {"place": "containerd's namespace", "archive": "the file", "images": "the image"}


def _holds(found: Any, wanted: Any) -> bool:
    return wanted.holds(found) if isinstance(wanted, Predicate) else bool(found == wanted)


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else show(value or None)


def _found(every: list[Step], same: list[Step], wanted: dict[str, Any]) -> str:
    if not same:
        return "commands for " + ", ".join(f"“{step.does or 'something else'}”" for step in every)
    last = same[-1]
    return ", ".join(f"{_PART[key]} {_shown(getattr(last, key))}" for key in wanted)


def _hint(same: list[Step], wanted: dict[str, Any]) -> str:
    if same and wanted.get("place") == KUBERNETES and same[-1].place != KUBERNETES:
        return (
            f"ctr works in the namespace {same[-1].place}: the kubelet's images are in {KUBERNETES}"
        )
    return ""


def of(words: Sequence[str]) -> Step:
    """What a command does."""
    rest, namespace = list(words), _CTR_DEFAULT
    while rest and (rest[0] in {"sudo", "k3s", "env"} or "=" in rest[0].split("/")[0]):
        if rest[0].startswith("CONTAINERD_NAMESPACE="):
            namespace = rest[0].partition("=")[2]
        rest = rest[1:]
    program = rest[0].rsplit("/", 1)[-1] if rest else ""
    if program == "docker":
        return _docker(rest[1:])
    if program == "ctr":
        return _ctr(rest[1:], namespace)
    if program == "crictl":
        return _crictl(rest[1:])
    return Step()


def _docker(words: list[str]) -> Step:
    if words[:1] == ["image"]:
        words = words[1:]
    if words[:1] == ["export"]:
        return Step(
            wrong="docker export writes a container's files; an image is saved by docker save"
        )
    if words[:1] != ["save"]:
        return Step(words[0]) if words[:1] in (["pull"], ["build"], ["tag"]) else Step()
    options, names = _parsed(words[1:], _DOCKER_VALUES)
    archive = options.get("-o") or options.get("--output") or ""
    if ">" in names:
        place = names.index(">")
        archive, names = "".join(names[place + 1 : place + 2]), names[:place]
    if not archive:
        return Step(wrong="docker save needs a file to write to: -o FILE")
    return Step("save", archive=_base(archive), images=tuple(names))


def _ctr(words: list[str], namespace: str) -> Step:
    place = 0
    while place < len(words) and words[place].startswith("-"):
        option, sign, text = words[place].partition("=")
        if option in _CTR_GLOBAL and not sign:
            place += 1
            text = "".join(words[place : place + 1])
        if option in {"-n", "--namespace"}:
            namespace = text
        place += 1
    group, verb, rest = words[place : place + 1], words[place + 1 : place + 2], words[place + 2 :]
    if not group or group[0] not in _IMAGES:
        return Step()
    if any(word.partition("=")[0] in {"-n", "--namespace"} for word in [*verb, *rest]):
        return Step(wrong=f"ctr takes -n before its subcommand only: ctr -n {KUBERNETES} images …")
    _, names = _parsed(rest, _CTR_VALUES)
    match verb:
        case ["import"]:
            return Step("import", namespace, _base("".join(names[:1])))
        case ["export"]:
            return Step("export", namespace, _base("".join(names[:1])), tuple(names[1:]))
        case ["ls"] | ["list"]:
            return Step("list", namespace)
        case ["pull"] | ["tag"] | ["push"] | ["rm"]:
            return Step(verb[0], namespace)
    return Step(wrong=f"ctr images has no subcommand {show(''.join(verb))}")


def _crictl(words: list[str]) -> Step:
    _, names = _parsed(words, {"-r", "--runtime-endpoint", "-i", "--image-endpoint", "-o", "-c"})
    verb = names[0] if names else ""
    if verb in {"images", "image", "img", "inspecti"}:
        return Step("list", KUBERNETES)
    if verb in {"import", "load", "export", "save"}:
        return Step(wrong=f"crictl has no {verb}: CRI knows pulling, not files. ctr has")
    return Step(verb, KUBERNETES) if verb else Step()


def _parsed(words: list[str], with_value: set[str]) -> tuple[dict[str, str], list[str]]:
    """The options and the other words of a command line."""
    options: dict[str, str] = {}
    names: list[str] = []
    rest: Iterator[str] = iter(words)
    for word in rest:
        option, sign, text = word.partition("=")
        if not word.startswith("-") or word == "-":
            names.append(word)
        elif option in with_value and not sign:
            options[option] = next(rest, "")
        else:
            options[option] = text
    return options, names


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _words(name: str, index: int, one: Any) -> list[str]:
    if isinstance(one, str):
        try:
            one = shlex.split(one)
        except ValueError:
            one = None
    if isinstance(one, list) and one and all(isinstance(word, str) for word in one):
        return one
    raise CheckFailed(
        f"Answer {name}[{index}]", 'a command as a list of words: ["ctr", "…"]', show(one)
    )
