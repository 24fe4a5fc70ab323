"""Running a command as an ordinary user, when root runs the tests."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

UID = 61_234
"""A user whom no package makes: it owns nothing, and has no line in /etc/passwd."""


def argv(
    command: Sequence[str],
    env: Mapping[str, str],
    shown: Sequence[Path],
    scratch: Path,
    ids: tuple[int, int] = (UID, UID),
) -> list[str]:
    """The command as an ordinary user, who sees the folders `shown` although they lie in closed ones.

    Args:
        command: what to run.
        env: its whole environment.
        shown: folders that it has to be able to read.
        scratch: a folder for mount points.
        ids: the user's and the group's.
    """
    become = [
        "setpriv",
        f"--reuid={ids[0]}",
        f"--regid={ids[1]}",
        "--clear-groups",
        "--inh-caps=-all",
    ]
    pairs = [f"{name}={value}" for name, value in env.items()]
    return where_all_see([*become, "env", "-i", *pairs, *command], shown, scratch)


def where_all_see(command: Sequence[str], shown: Sequence[Path], scratch: Path) -> list[str]:
    """The command where every user sees the folders `shown` although they lie in closed ones.

    A closed folder (/root, mode 700, say) stays as it is: in a mount namespace of the command's own
    an empty one lies over it, with the folders `shown` in their places, read-only.
    """
    closed = {folder for path in shown if (folder := _closed_above(path))}
    hidden = [path for path in shown if _closed_above(path)]
    held = [(path, scratch / f"held-{i}") for i, path in enumerate(hidden)]
    lines = ["set -eu"]
    for path, place in held:
        lines += [_join("mkdir", place), _join("mount", "--bind", path, place)]
    for folder in sorted(closed):
        lines.append(_join("mount", "-t", "tmpfs", "-o", "mode=755", "none", folder))
    for path, place in held:
        lines += [
            _join("mkdir", "-p", path),
            _join("mount", "--bind", place, path),
            _join("mount", "-o", "remount,bind,ro", path),
            _join("umount", place),
            _join("rmdir", place),
        ]
    lines.append(_join("exec", *command))
    return ["unshare", "--mount", "--propagation=private", "sh", "-c", "\n".join(lines)]


def _closed_above(path: Path) -> Path | None:
    """The first folder on the way to `path` that others may not pass through."""
    for folder in [*reversed(path.parents), path]:
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _join(*words: str | Path) -> str:
    return shlex.join(os.fspath(word) for word in words)
