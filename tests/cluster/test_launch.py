"""The launcher in front of every program of a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from course import processes

pytestmark = pytest.mark.cluster

# prctl(PR_GET_PDEATHSIG): the signal that this process gets when its parent dies.
ASKS = (
    "import ctypes; v = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(v)); print(v.value)"
)
TIMES = 200
"""When the launcher left the first thread, one program in ninety lost the signal: nine runs in ten would see it."""


def test_a_launched_program_ends_with_its_parent_every_time(cluster: Any) -> None:
    argv = cluster.shell_argv([sys.executable, "-S", "-E", "-c", ASKS])

    def signal_of(_number: int) -> str:
        done = subprocess.run(
            argv,
            env=os.environ | cluster.env(),
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=processes.die_with_parent,
            check=True,
        )
        return done.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        counts = Counter(pool.map(signal_of, range(TIMES)))
    assert set(counts) == {"15"}, counts
