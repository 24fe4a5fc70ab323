"""A failure is told when it happens, with the seconds since the run began: a run that is cut off tells it, too."""

from __future__ import annotations

import time

import pytest

_FIRST, _LAST = 4, 16
"""How many lines of a failure are shown."""


class AtOnce:
    """Writes each failure as it comes; what many tests fail by is written once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._began, self._told = config, time.monotonic(), set[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of a test, whichever worker ran it."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if not report.failed or reporter is None:
            return
        words = _words(report)
        if words in self._told:
            return
        self._told.add(words)
        reporter.write_line("")
        reporter.write_line(
            f"{time.monotonic() - self._began:.0f} s: {report.nodeid} failed in {report.when}:"
        )
        lines = words.splitlines()
        if len(lines) > _FIRST + _LAST:
            lines[_FIRST:-_LAST] = ["…"]
        for line in lines:
            reporter.write_line(f"    {line}")


def _words(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr)


def pytest_configure(config: pytest.Config) -> None:
    """Only where the results of all workers arrive."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(AtOnce(config))
