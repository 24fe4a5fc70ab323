"""`lab bench fidelity`: whether the embedded cluster behaves as kind does, asked of both.

The behaviours are data, in behaviours/*.toml: scenes, each in a namespace of its own, with what is applied,
what is waited for, and rows, each a question to the cluster. What a question is answered with is compared
after names and addresses that no two clusters share are taken out.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from course.cluster import tools
from course.cluster.base import Cluster
from course.errors import ContentError

FOLDER = Path(__file__).parent / "behaviours"
DOCUMENT = Path(__file__).parent / "FIDELITY.md"
_WITHIN = 120.0
_AT_ONCE = 4
_SAME = (
    (r"\b\d{1,3}(\.\d{1,3}){3}\b", "ADDRESS"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UID"),
    (r"\b[0-9a-f]{64}\b", "ID"),
    (r"\b[a-z0-9]{8,10}-[a-z0-9]{5}\b", "HASH"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b\d+(\.\d+)?m?s\b", "SECONDS"),
)


@dataclass(frozen=True)
class Row:
    """One question.

    Attributes:
        what: the behaviour, as a sentence.
        ask: the shell command that asks; `kubectl` uses the scene's namespace.
        node: whether it is asked on a node instead of beside the notebooks.
        explained: why the two differ, in one line, where they must.
    """

    what: str
    ask: str
    node: bool = False
    explained: str = ""


@dataclass(frozen=True)
class Scene:
    """Questions that share what they ask about.

    Attributes:
        area: the file's name, and the heading in the table.
        name: also the namespace's.
        apply: manifests.
        run: shell commands after that, in their order.
        wait: arguments of `kubectl wait`, in their order.
        rows: the questions.
    """

    area: str
    name: str
    apply: str
    run: tuple[str, ...]
    wait: tuple[str, ...]
    rows: tuple[Row, ...]


def scenes(folder: Path = FOLDER) -> list[Scene]:
    """All scenes, by area.

    Raises:
        ContentError: a file is not as it must be.
    """
    found = []
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text())
            for one in table["scene"]:
                rows = tuple(Row(**row) for row in one["row"])
                found.append(
                    Scene(
                        path.stem,
                        one["name"],
                        one.get("apply", ""),
                        tuple(one.get("run", ())),
                        tuple(one.get("wait", ())),
                        rows,
                    )
                )
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise ContentError(f"{path} is not as it must be: {error}") from error
    return found


class Asked:
    """One cluster that is asked."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._names = [node.name for node in cluster.status().nodes]

    def all(self, of: Sequence[Scene]) -> Iterator[tuple[Scene, list[str]]]:
        """The answers to each scene's rows, in the scenes' order; several scenes play at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from zip(of, pool.map(self.scene, of), strict=True)

    def scene(self, scene: Scene) -> list[str]:
        """The answers to the rows; what goes wrong before they can be asked is the answer to all."""
        namespace = f"f-{scene.name}"
        self._shell(f"kubectl create namespace {namespace}", "default")
        try:
            self._shell("kubectl wait serviceaccount/default --for=create --timeout=30s", namespace)
            steps = [("kubectl apply -f -", scene.apply)] if scene.apply else []
            steps += [(line, "") for line in scene.run]
            steps += [(f"kubectl wait --timeout=60s {words}", "") for words in scene.wait]
            for line, stdin in steps:
                done = self._shell(line, namespace, stdin)
                if done.returncode:
                    said = self._same(f"could not be set up: {line}: {done.stdout}{done.stderr}")
                    return [said] * len(scene.rows)
            return [self._answer(row, namespace) for row in scene.rows]
        finally:
            self._shell(f"kubectl delete namespace {namespace} --wait=false", "default")

    def _answer(self, row: Row, namespace: str) -> str:
        done = (
            self._cluster.node_run("", ["sh", "-c", row.ask])
            if row.node
            else self._shell(row.ask, namespace)
        )
        text = (done.stdout + done.stderr).strip()
        return self._same(text if done.returncode == 0 else f"{text} (exit {done.returncode})")

    def _shell(
        self, line: str, namespace: str, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """A shell command where notebooks run, whose kubectl is in the namespace."""
        kubectl = 'kubectl() { "$KUBECTL" --namespace="$NAMESPACE" "$@"; }; '
        argv = self._cluster.shell_argv(["sh", "-c", kubectl + line], name="fidelity")
        env = os.environ | self._cluster.env()
        env |= {"NAMESPACE": namespace, "KUBECTL": str(tools.kubectl())}
        try:
            return subprocess.run(
                argv,
                input=stdin,
                env=env,
                capture_output=True,
                text=True,
                timeout=_WITHIN,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(argv, 124, "", f"not done after {_WITHIN:.0f} s")

    def _same(self, text: str) -> str:
        for name in self._names:
            text = text.replace(name, "NODE")
        for pattern, word in _SAME:
            text = re.sub(pattern, word, text)
        return text


@dataclass(frozen=True)
class Compared:
    """A row, and what each cluster answered."""

    area: str
    row: Row
    kind: str
    embedded: str

    @property
    def same(self) -> bool:
        """Whether the two answered the same."""
        return self.kind == self.embedded


def compare(kind: Cluster, embedded: Cluster, of: Sequence[Scene]) -> list[Compared]:
    """Asks both clusters everything."""
    answers = [dict(enumerate(Asked(cluster).all(of))) for cluster in (kind, embedded)]
    return [
        Compared(scene.area, row, *(answers[i][number][1][place] for i in (0, 1)))
        for number, scene in enumerate(of)
        for place, row in enumerate(scene.rows)
    ]


def table(rows: Sequence[Compared]) -> str:
    """The document: counts, then a table of every area."""
    differ = [one for one in rows if not one.same]
    open_ones = [one for one in differ if not one.row.explained]
    lines = [
        "# How the embedded cluster compares with kind",
        "",
        "Written by `./lab bench fidelity --write`, which asks both clusters the same questions",
        "(course/bench/behaviours/) and compares what they say.",
        "",
        f"{len(rows)} behaviours: {len(rows) - len(differ)} the same, {len(differ)} different, "
        f"{len(open_ones)} of these without an explanation.",
    ]
    for area in dict.fromkeys(one.area for one in rows):
        lines += ["", f"## {area.partition('-')[2].capitalize()}", ""]
        lines += ["| behaviour | the same | kind | embedded |", "|---|---|---|---|"]
        lines += [_line(one) for one in rows if one.area == area]
    return "\n".join(lines) + "\n"


def _line(one: Compared) -> str:
    same = "yes" if one.same else f"no: {one.row.explained or 'NOT EXPLAINED'}"
    embedded = "″" if one.same else f"`{_short(one.embedded)}`"
    return f"| {one.row.what} | {same} | `{_short(one.kind)}` | {embedded} |"


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("|", "¦").replace("`", "'")
    return line if len(line) <= 100 else line[:97] + "..."


def bench(areas: Sequence[str], *, write: bool) -> int:
    """Starts a cluster of each kind, compares them, and prints or writes the table; 1 where one is open."""
    from course import launching

    chosen = [scene for scene in scenes() if not areas or scene.area.partition("-")[2] in areas]
    with (
        launching.running_or_temporary("", "fidelity", "kind") as kind,
        launching.running_or_temporary("", "fidelity", "embedded") as embedded,
    ):
        rows = compare(kind, embedded, chosen)
    text = table(rows)
    if write:
        DOCUMENT.write_text(text)
        click.echo(f"{DOCUMENT} is written.")
    for one in (one for one in rows if not one.same):
        click.echo(
            f"{one.area}: {one.row.what}\n  kind:     {one.kind}\n  embedded: {one.embedded}"
        )
        click.echo(f"  {one.row.explained or 'NOT EXPLAINED'}\n")
    click.echo(text.splitlines()[5])
    return 1 if any(not one.same and not one.row.explained for one in rows) else 0
