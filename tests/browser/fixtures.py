"""The browser for tests anywhere: a plugin, named in pyproject.toml. A failed test leaves screenshots of its pages."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.browser import chromium as chromiums
from tests.browser import pictures


@pytest.fixture(scope="session")
def chromium() -> None:
    """Skips the test where there is no browser, before anything else is made for it."""
    if why := chromiums.missing():
        pytest.skip(why)


@pytest.fixture(scope="module")
def browser(chromium: None) -> Iterator[Any]:
    """Chromium, until the end of the module: as long as it runs, an event loop runs in the thread."""
    with chromiums.launched() as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows where the pictures of a failed test's pages are."""
    report = yield
    running = getattr(item, "funcargs", {}).get("browser")
    if running is not None and report.failed:
        report.sections.append(("screenshots", "\n".join(_shots(running, item.name))))
    return report


def _shots(running: Any, test: str) -> Iterator[str]:
    for number, page in enumerate(chromiums.pages(running)):
        with contextlib.suppress(Exception):  # the page, too, may be what failed
            yield f"{page.url}: {pictures.shot(page, f'failed-{test}-{number}')}"
