"""The kit that was used last on this machine, for the commands that name none.

`./lab down` needs the kit's programs as `./lab start --kit` did, and so does a `./lab run` in another terminal.
A kit of another version of the course, or one that lies there no more, is not taken.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from course import paths
from course.cluster import binary


def remember(folder: Path) -> None:
    """Makes the kit in this folder, which is this course's, the one that was used last."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(f"{binary.sources_hash()}\n{folder.resolve()}\n", encoding="utf-8")


def recall() -> Path | None:
    """The folder of the kit that was used last; None where there is none that will do."""
    with contextlib.suppress(OSError, ValueError):
        sources, folder = _file().read_text(encoding="utf-8").splitlines()
        if sources == binary.sources_hash() and (Path(folder) / "kit.json").is_file():
            return Path(folder)
    return None


def _file() -> Path:
    return paths.state_home() / "kit-used-last"
