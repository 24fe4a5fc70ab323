"""How much memory this session has: a Binder tab's 2 GB, what a hub allows, or the machine's.

A container's control group ends its processes without a word when it is full, so people are told before.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course import disk
from course.language import _

WARN_AT = 0.8
"""The share of the limit from which on people are warned."""
_CALM_AT = 0.7  # below it, the next time counts as new
_GROUPS = (  # control groups' two versions: memory.stat's word, the limit, what is used
    ("inactive_file", "memory.max", "memory.current"),
    ("total_inactive_file", "memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True)
class Memory:
    """What of the session's memory is in use, in bytes.

    Attributes:
        used: without what the kernel can drop at once, as the kubelet counts it before it evicts.
        limit: the control group's, or all of the machine's.
    """

    used: int
    limit: int

    @property
    def share(self) -> float:
        """The part that is in use, 0 to 1."""
        return self.used / self.limit

    @property
    def short(self) -> bool:
        """Whether it is time to warn."""
        return self.share >= WARN_AT

    def __str__(self) -> str:
        return f"{disk.human(self.used)} of {disk.human(self.limit)} ({self.share:.0%})"

    def as_dict(self) -> dict[str, int]:
        """The same, as plain data for JSON."""
        return asdict(self)

    def warning(self) -> str:
        """What a person should know and do, in the language that is spoken."""
        return _(
            "Memory is short: {used} of {limit} are in use. When it is full, this session ends, with its "
            "cluster. Delete Pods that you do not need, and shut down the kernels of other notebooks.",
            used=disk.human(self.used),
            limit=disk.human(self.limit),
        )


def read(groups: Path = Path("/sys/fs/cgroup")) -> Memory:
    """The memory of this session: of the control group, where it has a limit below the machine's.

    Args:
        groups: where control groups are mounted; in a container that is its own group.
    """
    import psutil

    machine = psutil.virtual_memory()
    whole = Memory(int(machine.total - machine.available), int(machine.total))
    for word, limit, used in _GROUPS:
        try:
            most = int((groups / limit).read_text())
            current = int((groups / used).read_text())
            droppable = _stat((groups / limit).with_name("memory.stat"), word)
        except (OSError, ValueError):  # another version, or "max"
            continue
        if most < whole.limit:
            return Memory(max(0, current - droppable), most)
    return whole


def available(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that a program started now could have: the machine's, or what its control group leaves."""
    import psutil

    session = read(groups)
    return min(int(psutil.virtual_memory().available), session.limit - session.used)


def _stat(file: Path, word: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{word} "):
            return int(line.split()[1])
    raise ValueError(f"{file} has no {word}")


class Watch:
    """Looks after each cell of a notebook, and warns once when memory has become short."""

    def __init__(self) -> None:
        self._warned = False

    def listen(self, shell: Any) -> None:
        """Begin to look; a second time changes nothing. Under the grader nobody would read it."""
        if os.environ.get("KUBELAB_KERNEL"):
            return
        if self.after not in shell.events.callbacks["post_run_cell"]:
            shell.events.register("post_run_cell", self.after)

    def after(self, _result: Any = None) -> None:
        """A cell has ended."""
        memory = read()
        if memory.short and not self._warned:
            print(f"⚠ {memory.warning()}")
        self._warned = memory.short or (self._warned and memory.share >= _CALM_AT)


watch = Watch()
"""Of this process's shell; `%load_ext course` has it listen."""
