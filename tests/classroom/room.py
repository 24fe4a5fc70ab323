"""A machine with a teacher, two students and an exchange, on which the page's commands are typed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup

from course import build
from tests.classroom import page, people
from tests.classroom.people import User
from tests.confined import ordinary
from tests.confined import stage as stages

_DEADLINE = 900.0  # seconds of one block


@dataclass
class Room:
    """The machine; the page's folders are in the stage's.

    Attributes:
        due: the due date, in the words in which the teacher types it.
        typed: the blocks of the page that were typed.
        log: what everybody typed and saw, a line each.
        shown: folders that all may read, although they lie in closed ones.
    """

    stage: stages.Stage
    teacher: User
    ada: User
    bob: User
    due: str = "2099-01-01 18:00 Europe/Berlin"
    typed: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    shown: list[Path] = field(default_factory=list)

    @property
    def exchange(self) -> Path:
        """The folder that all share."""
        return self.stage.folder / "exchange"

    def does(self, user: User, heading: str, number: int = 0, *, where: str = "~") -> None:
        """Somebody types a block of the page, in one of their folders."""
        text = self._block(heading, number)
        lines = [line for line in text.splitlines() if not line.startswith("cd ")]
        self.log += [f"{user.called} types: {self._here(line)}" for line in lines]
        self.types(user, f"cd {where}\n{text}")

    def _block(self, heading: str, number: int = 0) -> str:
        """A block of the page; it counts as typed."""
        text = page.blocks()[heading][number]
        self.typed.add(text)
        return text

    def prepare(self, compiled: Path | None) -> None:
        """Root does the page's first step; Kubelab is where all can read it, with Python's compiled code."""
        if compiled:
            self.shown.append(compiled)
            (self.stage.cache / "kubelab").mkdir(exist_ok=True)
            (self.stage.cache / "kubelab" / compiled.name).symlink_to(compiled)
        repository = self.stage.repository
        (repository / ".venv").symlink_to(sys.prefix)
        (repository / "lab").write_text('#!/bin/sh\nexec python -P -m course "$@"\n')
        (repository / "lab").chmod(0o755)
        people.root("bash", "-ec", self._here(self._block("Once, as root")))

    def types(
        self, user: User, commands: str, *, fails: bool = False, said: str | None = None
    ) -> str:
        """Somebody types lines into a shell of their own; each must succeed, or the last must fail.

        Args:
            user: who.
            commands: the lines, with the page's names and folders.
            fails: whether it must not succeed.
            said: what is typed to the commands themselves.
        """
        env = self.stage.env(home=user.home) | {
            "USER": user.name, "LOGNAME": user.name, "TMPDIR": str(self.stage.tmp),
            "JUPYTER_CONFIG_PATH": str(self.stage.folder / "etc"),
        }  # fmt: skip
        shell = ["bash", "-ec", f"cd ~\n{self._here(commands)}"]
        ids = (user.uid, user.gid)
        shown = [*stages.interpreter(), *self.shown]
        argv = ordinary.argv(shell, env, shown, self.stage.tmp, ids)
        done = subprocess.run(
            [*(people.as_root() or []), *argv],
            input=said or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_DEADLINE,
            cwd="/",
        )
        assert (done.returncode != 0) is fails, f"{user.name}:\n{commands}\n{done.stdout}"
        return done.stdout

    def _here(self, commands: str) -> str:
        """The page's lines with this room's folders, logins and due date."""
        commands = commands.replace("2027-03-12 18:00 Europe/Berlin", self.due)
        for folder, here in (
            ("/srv/exchange", self.exchange),
            ("/etc/jupyter", self.stage.folder / "etc"),
            ("/opt/kubelab", self.stage.repository),
        ):
            commands = commands.replace(folder, str(here))
        for user in (self.ada, self.bob):
            commands = re.sub(rf"'{user.called}'", f"'{user.name}'", commands)
        return commands

    def answers(self, student: User, tasks: int) -> None:
        """A student answers the first tasks as the solution has them, and no other."""
        path = "pods/exercise.ipynb"
        notebook = nbformat.reads(self.types(student, f"cat {path}"), as_version=4)
        solution = list(build.solution(build.exercise("pods")).items())[:tasks]
        for cell in notebook.cells:
            cell.source = dict(solution).get(cell.id, cell.source)
        self.types(student, f"cat > {path}", said=nbformat.writes(notebook))

    def feedback(self, student: User) -> list[str]:
        """What a student's feedback says at its top: a line for each page, in the order of handing in."""
        found = self.types(
            student, "find . -path '*/feedback/*' -name '*.html' | sort"
        ).splitlines()
        return [self._top(student, path) for path in found]

    def _top(self, student: User, path: str) -> str:
        top = BeautifulSoup(self.types(student, f"cat '{path}'"), "html.parser").find(id="top")
        words = " ".join(top.find(class_="score").get_text(" ").split())  # type: ignore[union-attr]
        late = re.search(r"Handed in late: \S+ points", top.get_text(" "))  # type: ignore[union-attr]
        return f"{words}; {late[0]}" if late else words
