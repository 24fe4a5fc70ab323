"""What tests measured, told at the end of the run, whichever worker ran them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

Tell = Callable[[str], None]
_PROPERTY = "told"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Takes a line that the run shows at its end, whatever became of the test."""
    return lambda line: record_property(_PROPERTY, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows the lines below the names of their tests."""
    lines = list(_lines(terminalreporter))
    if lines:
        terminalreporter.section("what tests told")
        for line in lines:
            terminalreporter.line(line)


def _lines(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for reports in reporter.stats.values():
        for report in reports:
            # The last of a test's reports has all that it told.
            if isinstance(report, pytest.TestReport) and report.when == "teardown":
                told = [str(value) for name, value in report.user_properties if name == _PROPERTY]
                if told:
                    yield report.nodeid
                    yield from (f"    {line}" for line in told)
