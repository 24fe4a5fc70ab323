"""nbgrader's formgrader, as a teacher has it: a server of Jupyter's in the course folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.browser.served import serving
from tests.grader.commands import Person
from tests.support import end_processes_of, free_port, processes_of


@contextmanager
def formgrader(teacher: Person) -> Iterator[str]:
    """Serves the teacher's folder; the address of formgrader's pages."""
    port = free_port()
    settings = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": teacher.home,
        "ServerApp.allow_root": os.geteuid() == 0,
        "IdentityProvider.token": "",
    }
    argv = ["jupyter", "server", "--no-browser"]
    argv += [f"--{name}={value}" for name, value in settings.items()]
    log = teacher.home.parent / "server.log"
    with serving(argv, port, teacher.home, teacher.env, log) as address:
        yield f"{address}/formgrader"
    left = processes_of(teacher.home)
    end_processes_of(teacher.home)
    assert not left, f"the server left: {left}"
