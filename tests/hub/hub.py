"""A JupyterHub as course/hub/JUPYTERHUB.md says, with users of the machine who are there as long as it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from course import paths, processes
from tests.classroom import people
from tests.confined import ordinary
from tests.confined import stage as stages
from tests.faults.traces import until

HERE = paths.PACKAGE / "hub"
CONFIG = HERE / "jupyterhub_config.py"
LAB = f"{sys.executable} -P -m course"
"""What the page calls ./lab."""
_UP_WITHIN, _ENDS_WITHIN, _INSTALL_WITHIN = 60.0, 60.0, 900.0


def commands(heading: str, names: Mapping[str, str]) -> list[str]:
    """The blocks of commands under a heading of the page, with other names for some of its words."""
    text = (HERE / "JUPYTERHUB.md").read_text(encoding="utf-8")
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
    for name, instead in {"sudo ": "", **names}.items():
        found = [block.replace(name, instead) for block in found]
    return found


def set_up(programs: Path, folder: Path) -> str:
    """Types what the page says for setting up, but for the clone; returns the line that starts the hub."""
    names = {"/opt/kubelab-hub": str(programs), "/opt/kubelab/lab": LAB, "./lab": LAB}
    _clone, install, run = commands("Set up", names | {"/srv/hub": str(folder)})
    root("bash", "-ec", install, within=_INSTALL_WITHIN)
    return run.strip()


@dataclass(frozen=True)
class User:
    """One of the machine's users.

    Attributes:
        account: the account, and the home.
        password: what to log in with.
    """

    account: people.User
    password: str

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def home(self) -> Path:
        return self.account.home

    @property
    def state(self) -> Path:
        """The state folder of the user's cluster."""
        return self.home / ".local" / "state" / "kubelab" / "kubelab"

    def processes(self) -> list[psutil.Process]:
        """All that run as this user, but for those that have ended and wait to be reaped."""
        found = []
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess):
                if one.uids().real == self.account.uid and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found

    def types(self, commands: str, within: float = 120) -> str:
        """Types lines into a terminal of the user's server; each must succeed. Returns what they said."""
        server = self.server()
        inside = ["nsenter", f"--target={server.pid}", "--mount", f"--wd={self.home}"]
        become = ["setpriv", f"--reuid={self.name}", f"--regid={self.name}", "--init-groups"]
        done = subprocess.run(
            [*inside, *become, "bash", "-ec", commands],
            env=server.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout

    def server(self) -> psutil.Process:
        """The notebook server: a terminal of its has the environment of this one."""
        (one,) = [p for p in self.processes() if "jupyterhub.singleuser" in p.cmdline()
                  and "course" not in p.cmdline()]  # fmt: skip
        return one


@contextlib.contextmanager
def users(names: Sequence[str], homes: Path) -> Iterator[list[User]]:
    """Adds users with passwords to the machine, and removes them at the end."""
    with people.users(names, homes) as accounts:
        made = [User(one, os.urandom(12).hex()) for one in accounts]
        root("chpasswd", data="".join(f"{one.name}:{one.password}\n" for one in made))
        yield made


def root(*argv: str, data: str = "", within: float = 60) -> str:
    """Runs a command as root, in the repository; it must succeed."""
    done = subprocess.run(
        argv,
        input=data,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
        cwd=paths.ROOT,
    )
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Hub:
    """A hub that runs.

    Attributes:
        url: where a browser finds it.
        api: its API, behind the proxy.
        folder: the one it runs in.
        culler: the token of its idle-culler.
    """

    url: str
    api: str
    folder: Path
    culler: str

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text(errors="replace")

    def servers(self) -> list[str]:
        """The users whose servers run, as the hub knows it."""
        asked = urllib.request.Request(  # noqa: S310 - http
            f"{self.api}/users?state=active", headers={"Authorization": f"token {self.culler}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            found: list[dict[str, Any]] = json.load(answer)
        return sorted(one["name"] for one in found)


@contextlib.contextmanager
def running(folder: Path, programs: Path, teacher: str) -> Iterator[Hub]:
    """Sets a hub up in `folder`, as the page says, and starts it, but on ports that are free."""
    start = set_up(programs, folder)
    public, internal, proxy, exchange = free_ports(4)
    culler = os.urandom(16).hex()
    said = (folder / CONFIG.name).read_text()
    for line, instead in {
        '"/opt/kubelab-hub"': f'"{programs}"',
        '{"teacher"}': f'{{"{teacher}"}}, port={exchange}',
        "http://127.0.0.1:8000": f"http://127.0.0.1:{public}",
    }.items():
        assert said.count(line) == 1, line
        said = said.replace(line, instead)
    own = [
        f"c.JupyterHub.hub_port = {internal}",
        f'c.TraefikProxy.traefik_api_url = "http://127.0.0.1:{proxy}"',
        f'c.JupyterHub.services[0]["api_token"] = "{culler}"',
    ]
    (folder / CONFIG.name).write_text(said + "\n".join(own) + "\n")
    shown = [*stages.interpreter(), paths.ROOT, programs]
    scratch = folder / "mounts"
    scratch.mkdir()
    with (folder / "hub.log").open("wb") as log:
        child = subprocess.Popen(
            ordinary.where_all_see(start.split(), shown, scratch),
            cwd=folder,
            env=os.environ | {"HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,
        )
    hub = Hub(f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}/hub/api", folder, culler)
    ready = re.compile(rf"JupyterHub is now running at {re.escape(hub.url)}")
    try:
        until(
            lambda: child.poll() is not None or bool(ready.search(hub.log)),
            _UP_WITHIN,
            "the hub runs",
        )
        assert child.poll() is None, hub.log
        yield hub
        known = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGTERM)
        child.wait(_ENDS_WITHIN)
        _, alive = psutil.wait_procs(known, timeout=10)
        assert not alive, f"the hub left {alive}"
    finally:
        if found := processes.of(child.pid):
            processes.kill_tree(found, 5)
        child.wait(10)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
