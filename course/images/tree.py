"""A file system in memory, made from packages and definitions, written out as one sorted tar.

In memory because an ordinary user cannot give files to other users on disk, and the tar of a layer
must say who owns what. An image here is some tens of megabytes.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import IO

from course.errors import ImageError

# Every file gets this time (Debian 12's release day): the same packages then make the same digests.
FIXED_TIME = 1_686_355_200
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class Entry:
    """One file, folder or link. `kind` is "file", "dir" or "link"; `target` is a link's text."""

    kind: str
    mode: int
    uid: int = 0
    gid: int = 0
    data: bytes = b""
    target: str = ""


class Tree:
    """Paths (no leading slash) and what is there.

    Args:
        merged_usr: whether /bin, /lib… are links into /usr, as on Debian 12. Packages still ship
            files in /bin and /lib, and those are then moved.
    """

    def __init__(self, merged_usr: bool = True) -> None:
        self.merged_usr = merged_usr
        self.entries: dict[str, Entry] = {}

    def copy(self) -> Tree:
        """A tree of its own with the same entries."""
        other = Tree(self.merged_usr)
        other.entries = dict(self.entries)
        return other

    def place(self, path: str) -> str:
        """Where a path really lies, with /usr merged."""
        path = posixpath.normpath(path).lstrip("/")
        head = path.split("/", 1)[0]
        return f"usr/{path}" if self.merged_usr and head in _MERGED else path

    def add(self, path: str, entry: Entry) -> None:
        """Puts an entry and the folders above it; a folder that is there already stays a folder."""
        path = self.place(path)
        if path in ("", "."):
            return
        parent = posixpath.dirname(path)
        if parent and parent not in self.entries:
            self.add(parent, Entry("dir", 0o755))
        self.entries[path] = entry

    def read(self, path: str) -> bytes:
        """The bytes of a file, links followed within the tree.

        Raises:
            ImageError: there is no such file.
        """
        seen = path
        for _ in range(8):
            entry = self.entries.get(self.place(seen))
            if entry is None:
                break
            if entry.kind == "file":
                return entry.data
            seen = posixpath.join("/", posixpath.dirname(seen), entry.target)
        raise ImageError(f"the image's packages hold no file /{path.lstrip('/')}")

    def unpack(self, tar: IO[bytes]) -> None:
        """Adds what a package's tar holds, in the order of the tar."""
        with tarfile.open(fileobj=tar, mode="r|") as archive:
            for member in archive:
                name = self.place(member.name)
                mode, uid, gid = member.mode, member.uid, member.gid
                if member.isdir():
                    self.add(name, Entry("dir", mode, uid, gid))
                elif member.issym():
                    self.add(name, Entry("link", 0o777, target=member.linkname))
                elif member.islnk():
                    # Written as a copy: a hard link has no meaning across layers.
                    self.add(name, self.entries[self.place(member.linkname)])
                elif member.isfile():
                    stream = archive.extractfile(member)
                    self.add(
                        name, Entry("file", mode, uid, gid, data=stream.read() if stream else b"")
                    )

    def merge_usr(self) -> None:
        """Adds the links /bin → usr/bin and so on, for those that exist."""
        for name in _MERGED:
            if f"usr/{name}" in self.entries:
                self.entries[name] = Entry("link", 0o777, target=f"usr/{name}")

    def drop(self, patterns: Iterable[str]) -> None:
        """Removes entries that match a shell pattern, and whatever lies below them."""
        globs = [self.place(pattern) for pattern in patterns]
        doomed = {p for p in self.entries if any(fnmatchcase(p, glob) for glob in globs)}
        self.entries = {
            path: entry
            for path, entry in self.entries.items()
            if not (path in doomed or any(parent in doomed for parent in _parents(path)))
        }

    def match(self, pattern: str) -> list[str]:
        """The files that match a shell pattern, sorted."""
        glob = self.place(pattern)
        return sorted(
            path for path, e in self.entries.items() if e.kind == "file" and fnmatchcase(path, glob)
        )

    def minus(self, lower: Tree) -> Tree:
        """What this tree has over a lower one: the upper layer.

        Raises:
            ImageError: something of the lower tree is gone (that would need a whiteout).
        """
        lost = lower.entries.keys() - self.entries.keys()
        if lost:
            raise ImageError(f"a layer would remove /{min(lost)} of its base; drop it in the base")
        upper = Tree(self.merged_usr)
        for path, entry in self.entries.items():
            if lower.entries.get(path) != entry:
                # Folders above keep their owner and mode only if the layer repeats them.
                for parent in _parents(path):
                    upper.entries[parent] = self.entries[parent]
                upper.entries[path] = entry
        return upper

    def write_tar(self, out: IO[bytes]) -> None:
        """Writes a tar: sorted, with fixed times, owners by number."""
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path in sorted(self.entries):
                entry = self.entries[path]
                info = tarfile.TarInfo(path)
                info.mode, info.uid, info.gid = entry.mode, entry.uid, entry.gid
                info.mtime = FIXED_TIME
                if entry.kind == "dir":
                    info.type = tarfile.DIRTYPE
                elif entry.kind == "link":
                    info.type, info.linkname = tarfile.SYMTYPE, entry.target
                else:
                    info.size = len(entry.data)
                archive.addfile(info, io.BytesIO(entry.data) if info.size else None)


def _parents(path: str) -> Iterator[str]:
    parts = path.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])
