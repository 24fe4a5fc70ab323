"""`lab kit serve`: a kit for the students' machines, and its images as a mirror of docker.io."""

from __future__ import annotations

import functools
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from course import processes
from course.errors import KitError
from course.kit import contents
from course.kit.build import BIN, IMAGES

PORT, MIRROR_PORT = 8765, 5000


class _Handler(SimpleHTTPRequestHandler):
    """Files of the kit, and no line in the terminal for each."""

    def log_message(self, _format: str, *_args: Any) -> None:
        """Nothing is written."""


@contextmanager
def serving(kit: Path, port: int = PORT, mirror_port: int = MIRROR_PORT) -> Iterator[str]:
    """Serves a kit, every file of which was verified, until the block ends; gives the files' URL.

    Raises:
        KitError: the kit is not whole, or a port is taken.
    """
    kit = kit.resolve()
    for part in contents.read(kit).parts:
        contents.verified(kit, part)
    handler = functools.partial(_Handler, directory=str(kit))
    try:
        server = ThreadingHTTPServer(("", port), handler)
    except OSError as error:
        raise KitError(
            f"port {port} cannot be used: {error.strerror}.", "Take another: --port N"
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, name="kit", daemon=True)
        thread.start()
        try:
            with _mirror(kit, mirror_port):
                yield f"http://{_address()}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _mirror(kit: Path, port: int) -> Iterator[None]:
    argv = [str(kit / BIN / "kind-node"), "registry", str(kit / IMAGES), f":{port}"]
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=processes.die_with_parent,
    )
    try:
        yield
    finally:
        child.kill()
        child.wait()


def _address() -> str:
    """This machine's address in its network; no packet is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(one.getsockname()[0])
