"""Image names as a runtime writes them, and sizes as people do."""

from __future__ import annotations

_LIBRARY = "docker.io/library/"
_HUB = "docker.io/"
_UNITS = ("B", "kB", "MB", "GB", "TB")


def full(name: str) -> str:
    """The whole name: `nginx` is `docker.io/library/nginx:latest`.

    The rules are those of the reference grammar (github.com/distribution/reference, ParseNormalizedNamed).
    """
    first, slash, _rest = name.partition("/")
    if not (slash and ("." in first or ":" in first or first == "localhost")):
        name = (_HUB if slash else _LIBRARY) + name
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"


def familiar(name: str) -> str:
    """The name as people write it: `docker.io/library/nginx:1.22` is `nginx:1.22`."""
    for prefix in (_LIBRARY, _HUB):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def size(count: int) -> str:
    """Bytes, with three digits and a unit of powers of 1000, as crictl and docker write them: `62.1 MB`."""
    if count < 1000:
        return f"{count} {_UNITS[0]}"
    value, power = float(count), 0
    while value >= 999.5 and power < len(_UNITS) - 1:
        value, power = value / 1000, power + 1
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {_UNITS[power]}"
