"""JupyterLab as a person on a new machine has it: `lab start` in a copy of the course, with an empty home."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from course import paths
from tests.faults.traces import until
from tests.support import end_processes_of, lab_argv, listens, processes_of

_PARTS = ("course", "grader", "notebooks")
_SERVES_WITHIN = 300.0  # a cluster and JupyterLab, on a busy machine
_ENDS_WITHIN = 30.0
# The page objects read JupyterLab's own model of a notebook: only what is in sight is in the page.
_LAB_CONFIG = "c.LabApp.expose_app_in_browser = True\n"


@dataclass(frozen=True)
class Machine:
    """A person's machine: a home, and the course as they downloaded it.

    Attributes:
        folder: all of it.
    """

    folder: Path

    @property
    def home(self) -> Path:
        """HOME, with `.jupyter` in it."""
        return self.folder / "home"

    @property
    def course(self) -> Path:
        """The person's copy of the repository: what they save goes there."""
        return self.folder / "kubelab"

    def notebooks(self, lang: str = "en") -> Path:
        """The folder that `lab start` serves."""
        return self.course / "notebooks" / lang

    @property
    def env(self) -> dict[str, str]:
        """The environment; what is built once (binaries, images) comes from the user's cache."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
        return kept | {
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.folder / "s"),
            "XDG_CACHE_HOME": str(paths.cache_home().parent),
            "PYTHONPATH": str(self.course),
        }


@contextmanager
def machine() -> Iterator[Machine]:
    """A machine; no process and no file of it may outlive the block."""
    made = Machine(Path(tempfile.mkdtemp(prefix="kl-")))
    try:
        for part in _PARTS:
            ignored = shutil.ignore_patterns(".ipynb_checkpoints")
            shutil.copytree(paths.ROOT / part, made.course / part, ignore=ignored)
        settings = made.home / ".jupyter"
        settings.mkdir(parents=True)
        (settings / "jupyter_lab_config.py").write_text(_LAB_CONFIG)
        yield made
        left = processes_of(made.folder)
        assert not left, f"the machine left processes: {left}"
    finally:
        end_processes_of(made.folder)
        shutil.rmtree(made.folder, ignore_errors=True)


@contextmanager
def lab_start(machine: Machine, *arguments: str) -> Iterator[str]:
    """`lab start --no-browser ARGUMENTS…`; the address that it prints, token and all."""
    printed, log = machine.folder / "lab-start.out", machine.folder / "lab-start.log"
    argv = lab_argv("start", "--no-browser", "--port", "0", *arguments)
    with server(argv, machine.course, machine.env, log, printed) as child:

        def address() -> str:
            found = re.search(r"http://\S+", printed.read_text())
            return found[0] if found else ""

        until(lambda: child.poll() is not None or address(), _SERVES_WITHIN, log.read_text)
        assert address(), log.read_text()
        yield address()


@contextmanager
def serving(
    argv: Sequence[str], port: int, cwd: Path, env: dict[str, str] | None, log: Path
) -> Iterator[str]:
    """A server of Jupyter's by a command of its own; its address, once it listens at the port."""
    with server(argv, cwd, env, log) as child:
        until(lambda: child.poll() is not None or listens(port), _SERVES_WITHIN, log.read_text)
        assert child.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"


@contextmanager
def server(
    argv: Sequence[str],
    cwd: Path,
    env: dict[str, str] | None,
    log: Path,
    printed: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends when it is told to, and all that it started with it.

    Args:
        log: what it says; its standard output too, unless `printed` names a file for that.
    """
    with log.open("wb") as said, (printed or log).open("ab") as out:
        child = subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=said,
            start_new_session=True,
        )  # fmt: skip
        started: list[psutil.Process] = []
        try:
            yield child
            started = psutil.Process(child.pid).children(recursive=True)
            child.send_signal(signal.SIGTERM)
            child.wait(_ENDS_WITHIN)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            _, alive = psutil.wait_procs(started, timeout=10)
            for one in alive:
                one.kill()
    assert not alive, f"{argv} left {alive}"
