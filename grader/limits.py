"""What a submission may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes and counts; a submission that needs more is ended, and its outcome says of what.

    Attributes:
        cell: seconds for one cell of the student's.
        check: seconds for one cell of the teacher's (a check waits until things are ready).
        submission: seconds for all cells together.
        start: seconds for a kernel to start.
        memory: bytes that the student's processes may hold together.
        processes: how many processes of the student's may live at once.
        files: how many files one process may have open.
        disk: bytes of files that the student's processes may write.
        cell_output: bytes that one cell may print.
        output: bytes that all cells may print together.
        pods_memory: bytes that the processes of the student's Pods may hold together.
        pods_processes: how many processes may live in the student's Pods.
        pods_disk: bytes of files that the Pods may write.
        notebook: bytes of the file that was handed in.
    """

    cell: int = 30
    check: int = 120
    submission: int = 600
    start: int = 60
    memory: int = 1024 * MB
    processes: int = 200
    files: int = 1024
    disk: int = 256 * MB
    cell_output: int = MB
    output: int = 10 * MB
    pods_memory: int = 1024 * MB
    pods_processes: int = 500
    pods_disk: int = 1024 * MB
    notebook: int = 20 * MB

    def as_dict(self) -> dict[str, Any]:
        """The same, as plain data for JSON."""
        return asdict(self)


def of_bytes(size: float) -> str:
    """A size as people read it."""
    return f"{size / MB:.0f} MB" if size >= MB else f"{size / 1024:.0f} kB"
