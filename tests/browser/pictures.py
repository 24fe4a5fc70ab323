"""Screenshots, for people to look at. They are no part of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

VARIABLE = "KUBELAB_SCREENSHOTS"
FONTS = "Debian: apt install fonts-wqy-microhei"


@cache
def folder() -> Path:
    """Where the screenshots go: the folder that KUBELAB_SCREENSHOTS names, else a temporary one."""
    if named := os.environ.get(VARIABLE):
        Path(named).mkdir(parents=True, exist_ok=True)
        return Path(named).resolve()
    return Path(tempfile.mkdtemp(prefix="kubelab-screenshots-"))


def shot(page: Any, name: str) -> Path:
    """Writes NAME.png with what a person sees of the page, and returns its path."""
    path = folder() / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}.png"
    page.screenshot(path=path, animations="disabled")
    return path


def no_chinese_font() -> str:
    """Why Chinese text would be empty boxes here; empty where a font has it."""
    if not shutil.which("fc-list"):
        return f"fontconfig is not installed, so no font can be looked for ({FONTS})"
    found = subprocess.run(
        ["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=30, check=True
    )
    return "" if found.stdout.strip() else f"no font has Chinese characters ({FONTS})"


PIXELS = """characters => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  return [...characters].map(one => {
    pen.clearRect(0, 0, 64, 64);
    pen.font = '48px ' + getComputedStyle(document.body).fontFamily;
    pen.fillText(one, 4, 50);
    return pen.getImageData(0, 0, 64, 64).data.join();
  });
}"""


def drawings(page: Any, characters: str) -> list[str]:
    """What the page draws for each character in its own font, as pixels; those without a glyph look all the same."""
    found: list[str] = page.evaluate(PIXELS, characters)
    return found
