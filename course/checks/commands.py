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
from course.language import _

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
            _("Answer {name}", name=name),
            _("a list of commands"),
            show(given),
            look=f"print({name})",
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
                _("Answer {name}", name=name),
                _("commands that their programs accept"),
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
    expected = _("a command that does “{what}”", what=what)
    expected += _(", behind one that does “{what}”", what=after_step) if after_step else ""
    expected += _(", with {parts}", parts=_parts(wanted)) if wanted else ""
    about, why = _("Answer {name}", name=name), _hint(same, wanted)
    raise CheckFailed(about, expected, _found(found, same, wanted), why, f"print({name})")


def _holds(found: Any, wanted: Any) -> bool:
    return wanted.holds(found) if isinstance(wanted, Predicate) else bool(found == wanted)


def _parts(values: dict[str, Any]) -> str:
    names = {
        "place": _("containerd's namespace"),
        "archive": _("the file"),
        "images": _("the image"),
    }
    shown = {
        key: ", ".join(value) if isinstance(value, tuple) else show(value or None)
        for key, value in values.items()
    }
    return ", ".join(f"{names[key]} {text}" for key, text in shown.items())


def _found(every: list[Step], same: list[Step], wanted: dict[str, Any]) -> str:
    if not same:
        done = ", ".join(f"“{step.does or '…'}”" for step in every)
        return _("commands that do {done}", done=done)
    return _parts({key: getattr(same[-1], key) for key in wanted})


def _hint(same: list[Step], wanted: dict[str, Any]) -> str:
    if same and wanted.get("place") == KUBERNETES and same[-1].place != KUBERNETES:
        return _(
            "ctr works in the namespace {place}: the kubelet's images are in {kubernetes}",
            place=same[-1].place,
            kubernetes=KUBERNETES,
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
            wrong=_("docker export writes a container's files; an image is saved by docker save")
        )
    if words[:1] != ["save"]:
        return Step(words[0]) if words[:1] in (["pull"], ["build"], ["tag"]) else Step()
    options, names = _parsed(words[1:], _DOCKER_VALUES)
    archive = options.get("-o") or options.get("--output") or ""
    if ">" in names:
        place = names.index(">")
        archive, names = "".join(names[place + 1 : place + 2]), names[:place]
    if not archive:
        return Step(wrong=_("docker save needs a file to write to: -o FILE"))
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
        return Step(
            wrong=_(
                "ctr takes -n before its subcommand only: ctr -n {place} images …", place=KUBERNETES
            )
        )
    _options, names = _parsed(rest, _CTR_VALUES)
    match verb:
        case ["import"]:
            return Step("import", namespace, _base("".join(names[:1])))
        case ["export"]:
            return Step("export", namespace, _base("".join(names[:1])), tuple(names[1:]))
        case ["ls"] | ["list"]:
            return Step("list", namespace)
        case ["pull"] | ["tag"] | ["push"] | ["rm"]:
            return Step(verb[0], namespace)
    return Step(wrong=_("ctr images has no subcommand {word}", word=show("".join(verb))))


def _crictl(words: list[str]) -> Step:
    _options, names = _parsed(
        words, {"-r", "--runtime-endpoint", "-i", "--image-endpoint", "-o", "-c"}
    )
    verb = names[0] if names else ""
    if verb in {"images", "image", "img", "inspecti"}:
        return Step("list", KUBERNETES)
    if verb in {"import", "load", "export", "save"}:
        return Step(wrong=_("crictl has no {word}: CRI knows of pulling, not of files", word=verb))
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
        _("Answer {name}", name=f"{name}[{index}]"), _("a command as a list of words"), show(one)
    )
