"""The built images, run: by PRoot, which needs no rights and fakes what root would do."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from course.images.debs import tool
from tests.support import fastest

from .conftest import Image

Images = Callable[[str], Image]
NOBODY = 65534
USERS = [None, "nobody"] if os.getuid() == 0 else [None]


class Root:
    """An unpacked image that can be run in."""

    def __init__(self, home: Path, image: Image, user: str | None, proot: Path) -> None:
        self.home, self.folder, self.user = home, home / "root", user
        for folder in (self.folder, home / "proot"):
            folder.mkdir(parents=True)
        image.unpack(self.folder)
        if user:
            for path in (home, *home.rglob("*")):
                os.lchown(path, NOBODY, NOBODY)
        self.argv = [
            str(proot),
            "-0",
            "-r",
            str(self.folder),
            "-b",
            "/proc",
            "-b",
            "/dev",
            "-w",
            "/",
        ]
        self.env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PROOT_TMP_DIR": str(home / "proot"),
        }

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.argv, *argv], env=self.env, user=self.user, cwd="/", start_new_session=True,
            group="nogroup" if self.user else None, extra_groups=[] if self.user else None,
            stdout=self._file("out"), stderr=self._file("err"),
        )  # fmt: skip

    def _file(self, name: str) -> IO[bytes]:
        """Of the user's own, as a container's output is: nginx opens it again by its name."""
        path = self.home / name
        path.unlink(missing_ok=True)
        file = path.open("ab")
        if self.user:
            os.fchown(file.fileno(), NOBODY, NOBODY)
        return file

    def said(self, name: str) -> str:
        return (self.home / name).read_text()

    def run(self, *argv: str) -> str:
        self.start(*argv).wait(timeout=30)
        return self.said("out") + self.said("err")


@pytest.fixture(params=USERS, ids=lambda user: user or "self")
def root(request: pytest.FixtureRequest, tmp_path: Path, cache: Path) -> Callable[[Image], Root]:
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)

    def unpacked(image: Image) -> Root:
        home = tmp_path / image.entry["digest"][7:19]
        return Root(home, image, request.param, tool("proot"))

    return unpacked


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def page(port: int, seconds: float = 15) -> str:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@contextlib.contextmanager
def nginx(place: Root) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """nginx as the image starts it, on a free port (80 may be taken or not ours to bind)."""
    port = free_port()
    conf = place.folder / "etc/nginx/conf.d/default.conf"
    conf.write_text(conf.read_text().replace("80;", f"127.0.0.1:{port};"))
    process = place.start("nginx", "-g", "daemon off;")
    try:
        yield process, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def test_nginx_serves_its_page_logs_to_stdout_and_stops_by_its_signal(
    image: Images, root: Callable[[Image], Root]
) -> None:
    place = root(image("nginx:1.22"))
    with nginx(place) as (process, port):
        assert "Welcome to nginx!" in page(port)
        master = int((place.folder / "run/nginx.pid").read_text())
        os.kill(master, signal.SIGQUIT)
        assert process.wait(timeout=15) == 0
    assert '"GET / HTTP/1.1" 200' in place.said("out")
    assert "start worker processes" in place.said("err")


def test_nginx_has_the_programs_that_lessons_use(
    image: Images, root: Callable[[Image], Root]
) -> None:
    place = root(image("nginx:1.22"))
    said = place.run(
        "/bin/bash", "-c",
        "nginx -v; curl --version | head -1; ls /bin/sh; ps --version; tar --version | head -1;"
        "id; getent passwd nginx; stat -c %a /tmp; cat /etc/os-release | head -1;"
        "grep -c BEGIN /etc/ssl/certs/ca-certificates.crt; grep -w http /etc/services",
    )  # fmt: skip
    for words in (
        "nginx/1.22.1", "curl 7.", "/bin/sh", "procps", "tar (GNU tar)", "uid=0(root)",
        "nginx:x:101:101", "1777", "Debian GNU/Linux 12", "80/tcp",
    ):  # fmt: skip
        assert words in said


def test_no_program_of_nginx_lacks_a_library(image: Images, root: Callable[[Image], Root]) -> None:
    place = root(image("nginx:1.22"))
    said = place.run(
        "/bin/bash", "-c",
        "for f in /usr/bin/* /usr/sbin/* /usr/lib/*/*.so*; do ldd $f; done 2>/dev/null"
        " | grep -F 'not found'; echo done",
    )  # fmt: skip
    assert said == "done\n"


def test_busybox_has_its_applets_and_a_wget_that_keeps_time(
    image: Images, root: Callable[[Image], Root]
) -> None:
    server = root(image("nginx:1.22"))
    box = root(image("busybox:1.35"))
    said = box.run("sh", "-c", "busybox | head -1; id; ls -l /bin/vi /usr/bin/env; stat -c %a /tmp")
    for words in ("BusyBox v1.35.0", "uid=0(root)", "vi -> busybox", "1777"):
        assert words in said
    with nginx(server) as (_, port):
        page(port)
        for options in ("-T 5 -qO-", "-qO- -T5", "-qO-"):
            said = box.run("sh", "-c", f"wget {options} http://127.0.0.1:{port}/")
            assert "Welcome to nginx!" in said
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = box.run(  # for 30 s at most, as a wget that does not keep time would need
            "sh", "-c", f"wget -T 1 -qO- http://127.0.0.1:{silent.getsockname()[1]}/; echo code $?"
        )
        assert said.endswith("wget: download timed out\n") and "code 1" in said


def test_a_tool_runs_with_its_own_libraries(cache: Path) -> None:
    proot = tool("proot")
    assert proot.is_relative_to(cache)
    text = proot.read_text()
    loader = Path(text.split()[2])
    assert loader.resolve().is_relative_to(cache)  # not this machine's loader, by an absolute link
    done = subprocess.run([proot, "--version"], capture_output=True, text=True, check=False)
    assert "5." in done.stdout
    made = proot.stat()
    assert tool("proot") == proot
    assert proot.stat() == made  # the second call makes nothing, so it takes no time
    assert fastest(lambda: tool("proot"))[0] < 0.01
