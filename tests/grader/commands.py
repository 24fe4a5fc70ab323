"""A course folder in which nbgrader's own commands run, as a teacher and a student type them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course import paths
from grader import config


@dataclass(frozen=True)
class Person:
    """Somebody with a folder of their own, Jupyter's files in it, and nbgrader's configuration."""

    home: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment: nothing of whoever runs the tests, and the environment's commands first."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        jupyter = {
            f"JUPYTER_{kind}_DIR": str(self.home / ".jupyter" / kind.lower())
            for kind in ("CONFIG", "DATA", "RUNTIME")
        }
        jupyter["IPYTHONDIR"] = str(self.home / ".jupyter" / "ipython")
        return os.environ | jupyter | {"PATH": path, "PYTHONPATH": str(paths.ROOT)}

    def nbgrader(self, *arguments: str, within: str = ".") -> str:
        """Run `nbgrader ARGUMENTS…` in the person's folder; returns what it said. It must succeed."""
        done = subprocess.run(
            ["nbgrader", *arguments],
            cwd=self.home / within,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"nbgrader {' '.join(arguments)}:\n{done.stdout}"
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout


def person(home: Path, exchange: Path) -> Person:
    """A folder with the configuration that the lab leaves, and the exchange that a teacher adds."""
    home.mkdir(parents=True)
    config.write(home)
    with (home / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"c.Exchange.root = {str(exchange)!r}\n")
        file.write("c.PapermillExecute.cluster = False\n")  # the plain assignment needs none
    return Person(home)
