"""The session's memory: read from a control group of either version, and told before it is full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course import memory
from course.memory import Memory, Watch

MB = 1 << 20


def version_2(folder: Path, limit: str = str(1000 * MB)) -> None:
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{700 * MB}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {100 * MB}\n")


def version_1(folder: Path) -> None:
    (folder / "memory").mkdir()
    (folder / "memory" / "memory.limit_in_bytes").write_text(f"{1000 * MB}\n")
    (folder / "memory" / "memory.usage_in_bytes").write_text(f"{700 * MB}\n")
    stat = f"inactive_file 1\ntotal_inactive_file {100 * MB}\n"
    (folder / "memory" / "memory.stat").write_text(stat)


@pytest.mark.parametrize("version", [version_1, version_2])
def test_a_groups_limit_is_the_sessions_and_what_can_be_dropped_is_not_in_use(tmp_path, version):
    version(tmp_path)
    found = memory.read(tmp_path)
    assert found == Memory(600 * MB, 1000 * MB)
    assert str(found) == "600 MiB of 1000 MiB (60%)"
    assert memory.available(tmp_path) == 400 * MB


@pytest.mark.parametrize("limit", ["max", str(1 << 62)])
def test_without_a_limit_it_is_the_machines(tmp_path, limit):
    version_2(tmp_path, limit)
    kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    assert memory.read(tmp_path).limit == kilobytes * 1024


def test_a_notebook_warns_once_from_80_percent_on(monkeypatch, capsys):
    used = iter([0.5, 0.81, 0.9, 0.75, 0.85, 0.6, 0.8])
    monkeypatch.setattr(memory, "read", lambda: Memory(int(next(used) * 1000), 1000))
    said = []
    watch = Watch()
    for _ in range(7):
        watch.after()
        said.append("Memory is short" in capsys.readouterr().out)
    assert said == [False, True, False, False, False, False, True]


def test_it_is_looked_at_after_each_cell_but_not_under_the_grader(monkeypatch):
    shell = InteractiveShell()
    watch = Watch()
    monkeypatch.setenv("KUBELAB_KERNEL", "1")
    watch.listen(shell)
    assert watch.after not in shell.events.callbacks["post_run_cell"]
    monkeypatch.delenv("KUBELAB_KERNEL")
    watch.listen(shell)
    watch.listen(shell)
    assert shell.events.callbacks["post_run_cell"].count(watch.after) == 1


def test_status_shows_it(lab, own_state):
    said = lab("status")
    assert "memory " in said.stdout
    data = json.loads(lab("status", "--json").stdout)
    assert 0 < data["memory"]["used"] < data["memory"]["limit"]
