"""Which of the machine's package sources are asked."""

from __future__ import annotations

from pathlib import Path

from course.images.apt import debian_sources

DEB822 = """\
# a comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://vendor.example
Suites: nodistro
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
"""
LINES = """\
# deb http://commented.example/debian bookworm main
deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian-security bookworm-security main extra
deb https://vendor.example/linux bookworm stable
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian trixie main
"""


def test_only_debian_12_is_asked(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "sources.list").write_text(LINES)
    stanzas, lines = debian_sources(tmp_path)
    assert [s.splitlines()[1] for s in stanzas] == ["URIs: http://mirror.example/debian"]
    assert [line.split()[3:] for line in lines] == [
        ["http://mirror.example/debian-security", "bookworm-security", "main", "extra"]
    ]


def test_a_machine_without_sources_has_none(tmp_path: Path) -> None:
    assert debian_sources(tmp_path) == ([], [])
