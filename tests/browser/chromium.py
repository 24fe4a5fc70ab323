"""The browser of the tests: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIZE = {"width": 1280, "height": 900}
"""The window, in pixels: what a small notebook computer shows."""
_ACTS_WITHIN = 60_000  # milliseconds for a click to find its button


def missing() -> str:
    """Why there is no browser here; empty where there is one."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return (
        "" if shutil.which("chromium") else "chromium was not found (Debian: apt install chromium)"
    )


@contextmanager
def launched() -> Iterator[Any]:
    """Playwright's browser; it ends with the block.

    While it runs, the thread has an event loop that runs: no other part of a test may start one there.
    """
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield browser
        browser.close()


def window(browser: Any, **options: Any) -> Any:
    """A page with cookies and a size of its own; the options are `Browser.new_context`'s."""
    page = browser.new_context(**{"viewport": SIZE, **options}).new_page()
    page.set_default_timeout(_ACTS_WITHIN)
    return page


def pages(browser: Any) -> list[Any]:
    """All pages that are open."""
    return [page for context in browser.contexts for page in context.pages]
