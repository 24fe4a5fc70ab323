"""JupyterHub's settings for the course: each student's server has a cluster of its own; ngshare is the exchange."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def apply(
    c: Any, hub: str | Path, teachers: Collection[str], idle: int = 3600, port: int = 10101
) -> None:
    """Puts the settings into JupyterHub's configuration.

    Args:
        c: the configuration, as jupyterhub_config.py has it.
        hub: the folder that `lab hub install` made.
        teachers: users who make courses and their lists of students.
        idle: seconds without work after which a server ends, and its cluster with it.
        port: ngshare's, on this machine.
    """
    exchange = f"http://127.0.0.1:{port}"
    _servers(c, Path(hub), exchange)
    c.JupyterHub.services = [_culler(idle), _ngshare(exchange, teachers)]
    c.JupyterHub.load_roles = [
        {"name": "idle-culler", "services": ["idle-culler"], "scopes": _CULLER_MAY}
    ]


def _servers(c: Any, hub: Path, exchange: str) -> None:
    c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
    c.Spawner.cmd = [str(HERE / "server"), sys.executable]
    c.Spawner.default_url = "/lab"
    programs = [str(Path(sys.executable).parent), str(hub / "bin")]
    c.Spawner.environment = {
        "KUBELAB_HUB": str(hub),
        "KUBELAB_EXCHANGE": f"{exchange}/services/ngshare",
        "PATH": os.pathsep.join([*programs, os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(hub),
        "JUPYTER_CONFIG_PATH": str(HERE),  # nbgrader_config.py, for teachers and students alike
    }
    # A cluster is ready after some 4 s, on a busy machine later; then JupyterLab starts.
    c.Spawner.start_timeout = c.Spawner.http_timeout = 120
    # SIGINT ends the server, then the cluster; JupyterHub would be rougher after 10 s.
    c.LocalProcessSpawner.interrupt_timeout = 30
    # Traefik, since JupyterHub's default proxy needs Node. It shall not ask for new versions of itself.
    c.JupyterHub.proxy_class = "traefik_file"
    c.TraefikProxy.extra_static_config = {"global": {"checkNewVersion": False}}


def _culler(idle: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={idle}"]
    return {"name": "idle-culler", "command": command}


_CULLER_MAY = ["list:users", "read:users:activity", "read:servers", "delete:servers"]


def _ngshare(url: str, teachers: Collection[str]) -> dict[str, Any]:
    files = Path.cwd() / "ngshare"
    where = [f"--database=sqlite:///{files}.db", f"--storage={files}"]
    admins = f"--admins={','.join(sorted(teachers))}"
    return {
        "name": "ngshare",
        "url": url,
        "command": [sys.executable, "-m", "course.hub.exchange", *where, admins],
    }
