"""What the lab adds to kind's nodes once they run: images, a mirror, load balancers, routes.

All of it is services of the nodes' own systemd, so it ends with them and nothing runs on this machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from course.cluster.kind.config import IMAGES
from course.cluster.kind.engine import Engine
from course.progress import Progress

_PROGRAM = "/usr/local/bin/kind-node"
_ADMIN = "/etc/kubernetes/admin.conf"
_NAMES = "10.96.0.10"
"""The cluster's name server: kubeadm takes the tenth address of the Services' network, and kind's is 10.96.0.0/16."""
_KIT = "/kind/cni.conflist"
"""A file that the kit's own node image has; the stock one has kindnet, which makes routes itself."""
_ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
_PLANNED_WITHIN = 60
_UNIT = """\
[Unit]
Description=Kubelab: {what}
[Service]
ExecStart={program} {arguments}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""


def ensure(progress: Progress) -> Path:
    """The folder with the program that goes into the nodes, built if need be."""
    from course.kit import programs

    return programs.ensure("kind-node", progress)


def furnish(engine: Engine, nodes: Sequence[str], spec: Mapping[str, Any]) -> None:
    """Brings the program to every node and starts its services; the first node has those that one is enough of.

    Raises:
        ClusterError: a command on a node failed; its words are in the message.
    """
    first = nodes[0]
    address = engine.run("inspect", "--format", _ADDRESS, first).split()[
        0
    ]  # IPv4: kind's network has both
    program = Path(str(spec["bin"])) / "kind-node"
    routes = _routes(engine, first)
    for node in nodes:
        engine.run("cp", str(program), f"{node}:{_PROGRAM}")
        script = _script(address, first=node == first, images=bool(spec.get("images")))
        script += _route_unit(routes, node)
        engine.run("exec", "--interactive", node, "sh", "-e", data=script)


def _script(registry: str, *, first: bool, images: bool) -> str:
    lines = [
        f"command -v crictl >/dev/null || ln -s {_PROGRAM} /usr/local/bin/crictl",
        "units=",
    ]
    if images:
        lines += [
            f"echo '{registry} mirror.lab' >>/etc/hosts",
            # `_default` and not `docker.io`: that folder is the students', who make and remove it.
            "mkdir -p /etc/containerd/certs.d/_default",
            _write(
                "/etc/containerd/certs.d/_default/hosts.toml",
                # The server too: what it has not, no other is asked for, who may take a minute not to answer.
                f'server = "http://{registry}:5001"\n\n[host."http://{registry}:5001"]\n'
                '  capabilities = ["pull", "resolve"]\n',
            ),
        ]
    if first and images:
        lines += _unit("registry", "the course's images", f"registry {IMAGES}")
    if first:
        lines += _unit("load-balancer", "addresses of load balancers", f"load-balancer {_ADMIN}")
        lines += _unit("door", "the notebook's requests", f"door {_NAMES}")
    lines += ["systemctl daemon-reload", '[ -z "$units" ] || systemctl enable --quiet --now $units']
    return "\n".join(lines) + "\n"


def _routes(engine: Engine, first: str) -> dict[str, str]:
    """By node, the words of the route to its Pods: what kindnet does in the stock image."""
    kubectl = ["exec", first, "kubectl", f"--kubeconfig={_ADMIN}"]
    if not _is_there(engine, first, _KIT):
        return {}
    within = f"--timeout={_PLANNED_WITHIN}s"
    engine.run(*kubectl, "wait", "node", "--all", "--for=jsonpath={.spec.podCIDR}", within)
    template = (
        "{range .items[*]}{.metadata.name} {.spec.podCIDR} via "
        '{.status.addresses[?(@.type=="InternalIP")].address}{"\\n"}{end}'
    )
    said = engine.run(*kubectl, "get", "nodes", "--output", f"jsonpath={template}")
    lines = [line.split(maxsplit=1) for line in said.splitlines() if line.strip()]
    # A node may have an IPv6 address too; the Pods have none.
    return {name: " ".join(words.split()[:3]) for name, words in lines}


def _is_there(engine: Engine, node: str, path: str) -> bool:
    return (
        engine.run("exec", node, "sh", "-c", f"[ -f {path} ] && echo yes || true").strip() == "yes"
    )


def _route_unit(routes: Mapping[str, str], node: str) -> str:
    """A unit, so that the routes are there again when the node is."""
    others = [words for name, words in routes.items() if name != node]
    if not others:
        return ""
    starts = "".join(f"ExecStart=/usr/sbin/ip route replace {words}\n" for words in others)
    text = (
        "[Unit]\nDescription=Kubelab: routes to the Pods of other nodes\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\n{starts}"
        "[Install]\nWantedBy=multi-user.target\n"
    )
    file = "/etc/systemd/system/kubelab-routes.service"
    return f"{_write(file, text)}\nsystemctl daemon-reload\nsystemctl enable --now --quiet kubelab-routes\n"


def _unit(name: str, what: str, arguments: str) -> list[str]:
    text = _UNIT.format(what=what, program=_PROGRAM, arguments=arguments)
    return [
        _write(f"/etc/systemd/system/kubelab-{name}.service", text),
        f'units="$units kubelab-{name}.service"',
    ]


def _write(path: str, text: str) -> str:
    return f"printf %s {shlex.quote(text)} >{path}"
