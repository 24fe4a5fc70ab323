"""What a check waits for takes longer on a machine with too little processor: its deadline is later then."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course.patience import clock

PRESSURE = Path("/proc/pressure/cpu")
SECONDS = 2.0


def test_time_in_which_processes_wait_for_a_processor_counts_half() -> None:
    if not PRESSURE.exists():
        pytest.skip("this kernel does not tell of pressure (CONFIG_PSI)")
    count = 3 * (os.cpu_count() or 1)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        patient, real = clock(), time.monotonic()
        time.sleep(SECONDS)  # it is the time itself that is measured
        patient, real = clock() - patient, time.monotonic() - real
    finally:
        for one in busy:
            one.kill()
            one.wait()
    assert 0.4 * real < patient < 0.75 * real


@pytest.mark.parametrize("text", [None, "", "some avg10=0.00\n", "full total=x\n"])
def test_where_pressure_is_not_told_every_second_counts(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "cpu"
    if text is not None:
        file.write_text(text)
    before, now, after = time.monotonic(), clock(file), time.monotonic()
    assert before <= now <= after
