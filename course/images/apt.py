"""Debian packages, found and fetched by the machine's own apt as an ordinary user.

apt is given folders of its own for its lists, cache and (empty) dpkg status, and the machine's
sources, keys, proxies and credentials. So it asks where the machine asks, trusts what the machine
trusts, and changes nothing outside our cache.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from course.errors import ImageError

Progress = Callable[[str, int, int], None]
RELEASE, CODENAME = "12", "bookworm"
DEADLINE = 300.0  # seconds, for one run of apt
_SUITES = {
    f"{name}{part}"
    for name in (CODENAME, "oldstable", "stable")
    for part in ("", "-updates", "-security", "/updates")
}
_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(?P<suite>\S+)\s+(?P<components>.+)$")
_PLANNED = re.compile(r"^Inst (\S+) \((\S+) [^\[]*\[(\w+)\]\)", re.MULTILINE)
_INSTEAD = (
    "Real images are pulled from docker.io where it can be reached; or run this on Debian 12 "
    "(a container of it will do) with apt's sources working: `apt-get update` must succeed there."
)

# Hooks of the machine (docker-clean, PackageKit…) act on the machine's own apt: not on ours.
_CONFIG = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Architectures;
APT::Architectures "";
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Debug::NoLocking "true";
APT::Keep-Downloaded-Packages "true";
Dir::State "@/state";
Dir::State::lists "@/state/lists";
Dir::State::status "@/status";
Dir::State::extended_states "@/state/extended_states";
Dir::Cache "@/cache";
Dir::Cache::archives "@/cache/archives";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Acquire::GzipIndexes "true";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "@/sources";
Dir::Etc::Preferences "@/preferences";
Dir::Etc::PreferencesParts "@/no-preferences";
Dir::Log "@/log";
"""
# A third party's package of the same name and suite is not what a definition means.
_PREFERENCES = "Package: *\nPin: release o=Debian\nPin-Priority: 990\n"


@dataclass(frozen=True, order=True)
class Package:
    """A package file in our cache."""

    name: str
    version: str
    path: Path


def why_not() -> str:
    """Why packages cannot be had on this machine; empty when they can."""
    for program in ("apt-get", "dpkg-deb", "dpkg"):
        if not shutil.which(program):
            return f"there is no {program} on this machine"
    values = _os_release()
    if values.get("ID") != "debian" or values.get("VERSION_ID") != RELEASE:
        return f"this machine runs {values.get('PRETTY_NAME', 'an unknown system')}, not Debian 12"
    return ""


def require() -> None:
    """Raises ImageError, with what to do next, where packages cannot be had."""
    reason = why_not()
    if reason:
        message = f"the course's images are built from Debian 12 packages, and {reason}"
        raise ImageError(message, _INSTEAD)


def architecture() -> str:
    """Debian's name of this machine's architecture (amd64, arm64…)."""
    return _run(["dpkg", "--print-architecture"], {**os.environ, "LC_ALL": "C"}).strip()


class Apt:
    """apt with folders of its own.

    Args:
        folder: where they are; made if missing.
        machine: the machine's apt configuration folder.
    """

    def __init__(self, folder: Path, machine: Path = Path("/etc/apt")) -> None:
        self.folder = folder.absolute()
        parts = (
            "state/lists/partial",
            "cache/archives/partial",
            "sources",
            "no-preferences",
            "log",
        )
        for part in parts:
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "preferences").write_text(_PREFERENCES)
        config = _CONFIG.replace('Architectures ""', f'Architectures "{architecture()}"')
        (self.folder / "apt.conf").write_text(config.replace("@", str(self.folder)))
        self._write_sources(machine)

    def _write_sources(self, machine: Path) -> None:
        stanzas, lines = debian_sources(machine)
        if not stanzas and not lines:
            raise ImageError(
                f"apt has no source of Debian 12 (suite {CODENAME}, component main) in {machine}",
                "Add one to /etc/apt/sources.list, then run this again.",
            )
        (self.folder / "sources/machine.sources").write_text("\n\n".join(stanzas) + "\n")
        (self.folder / "sources/machine.list").write_text("\n".join(lines) + "\n")

    def fetch(self, packages: Sequence[str], assumed: Sequence[str] = ()) -> list[Package]:
        """Fetches packages and all that they depend on, but for the assumed ones; sorted by name.

        Raises:
            ImageError: a package or a source cannot be had; apt's own words are in it.
        """
        self._assume(assumed)
        if not any((self.folder / "state/lists").glob("*_Packages*")):
            self._update()
        try:
            return self._fetch(packages)
        except ImageError:
            # The lists of an older day name versions that the mirror has dropped since.
            self._update()
            return self._fetch(packages)

    def tidy(self) -> None:
        """Removes apt's tables, 100 MB that it makes again when it needs them; packages stay."""
        for path in (self.folder / "cache").glob("*.bin"):
            path.unlink(missing_ok=True)

    def _update(self) -> None:
        self._apt("update", "-q")

    def _fetch(self, packages: Sequence[str]) -> list[Package]:
        plan = self._apt("install", "-y", "-q", "--simulate", *packages)
        names = [_file_name(*found) for found in _PLANNED.findall(plan)]
        archives = self.folder / "cache/archives"
        if not all((archives / name).is_file() for name in names):
            self._apt("install", "-y", "-q", "--download-only", *packages)
        return sorted(_package(archives / name) for name in names)

    def _assume(self, assumed: Sequence[str]) -> None:
        """Writes the dpkg status: nothing is installed but the assumed packages."""
        text = "".join(
            f"Package: {name}\nStatus: install ok installed\nVersion: 9999:0\n"
            f"Architecture: {architecture()}\nMulti-Arch: foreign\nMaintainer: nobody\n"
            f"Description: assumed\n\n"
            for name in assumed
        )
        (self.folder / "status").write_text(text)

    def _apt(self, *arguments: str) -> str:
        environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        argv = ["apt-get", "-c", str(self.folder / "apt.conf"), *arguments]
        return _run(argv, environment)


def _file_name(name: str, version: str, arch: str) -> str:
    """The name under which apt keeps an archive."""
    return f"{name}_{version.replace(':', '%3a')}_{arch}.deb"


def _package(path: Path) -> Package:
    if not path.is_file():
        raise ImageError(f"apt did not leave {path.name} in {path.parent}", "Run this again.")
    name, version, _ = path.name.removesuffix(".deb").split("_")
    return Package(name, unquote(version), path)


def debian_sources(machine: Path) -> tuple[list[str], list[str]]:
    """The machine's sources of Debian 12's main component, as (deb822 stanzas, one-line entries).

    Others (vendors' repositories) are left out: slow or broken ones would stand in the way.
    """
    parts = machine / "sources.list.d"
    stanzas = []
    for path in sorted(parts.glob("*.sources")) if parts.is_dir() else []:
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        stanzas += [s.strip() for s in re.split(r"\n\s*\n", text) if _is_debian(_deb822(s))]
    lines = []
    for path in [machine / "sources.list", *sorted(parts.glob("*.list"))]:
        for line in path.read_text().splitlines() if path.is_file() else []:
            found = _ONE_LINE.match(line.strip())
            if found and found["suite"] in _SUITES and "main" in found["components"].split():
                lines.append(line.strip())
    return stanzas, lines


def _deb822(stanza: str) -> dict[str, str]:
    unfolded = re.sub(r"\n[ \t]+", " ", stanza.strip())
    pairs = (line.partition(":") for line in unfolded.splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _is_debian(fields: dict[str, str]) -> bool:
    return (
        "deb" in fields.get("types", "").split()
        and fields.get("enabled", "yes").lower() not in ("no", "false", "0")
        and bool(_SUITES & set(fields.get("suites", "").split()))
        and "main" in fields.get("components", "").split()
    )


def _os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    text = path.read_text() if path.is_file() else ""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, _, value in pairs}


def _run(argv: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired as late:
        message = f"`{' '.join(argv)}` was not done after {DEADLINE:.0f} s"
        raise ImageError(message, "Look at the network and the proxy, then run it again.") from late
    if done.returncode:
        words = [x for x in done.stderr.splitlines() if x.startswith(("E:", "W:"))]
        why = "\n".join(words[:6]) or done.stderr[-500:]
        raise ImageError(f"`{' '.join(argv)}` failed:\n{why}", _INSTEAD)
    return done.stdout
