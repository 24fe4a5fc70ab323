"""What `lab run` starts inside the cluster's network: executes notebooks with papermill.

Prints one JSON object a notebook, the fields of course.run.Result, on standard output.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main() -> None:
    """Executes the notebooks that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--timeout", type=int, default=300, help="seconds for one cell")
    parser.add_argument("out", type=Path, help="folder for the executed notebooks")
    parser.add_argument("notebooks", metavar="LABEL=PATH", nargs="+")
    given = parser.parse_args()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    # Only results may go to standard output: whatever else prints there is moved to the other one.
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for pair in given.notebooks:
        label, _, path = pair.partition("=")
        out = given.out / f"{label.replace('/', '-')}.ipynb"
        _report({"lesson": label, **execute(Path(path), out, given.timeout)}, results)


def _report(result: dict[str, Any], to: TextIO) -> None:
    to.write(json.dumps(result) + "\n")
    to.flush()


def execute(notebook: Path, out: Path, timeout: int) -> dict[str, Any]:
    """Executes one notebook beside copies of its neighbours, so that the originals stay as they are."""
    import papermill

    began = time.monotonic()
    error = ""
    with tempfile.TemporaryDirectory(prefix="kubelab-lesson-") as folder:
        work = Path(folder) / "work"
        ignored = shutil.ignore_patterns("*.ipynb", ".*")
        shutil.copytree(notebook.parent, work, ignore=ignored)
        try:
            papermill.execute_notebook(
                notebook,
                out,
                cwd=str(work),
                kernel_name="python3",
                progress_bar=False,
                execution_timeout=timeout,
                start_timeout=60,
                request_save_on_cell_execute=False,
            )
        except Exception as problem:  # every failure of a lesson is a result, not ours
            error = _words(problem)
    cells, passed = _count(out)
    return {
        "cells": cells,
        "passed": passed,
        "seconds": round(time.monotonic() - began, 3),
        "error": error,
    }


def _words(problem: Exception) -> str:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(problem, PapermillExecutionError):
        source = "\n".join(f"    {line}" for line in problem.source.splitlines()[:8])
        return f"cell [{problem.exec_count}] raised {problem.ename}: {problem.evalue}\n{source}"
    text = _COLOURS.sub("", str(problem)).strip()
    return f"{type(problem).__name__}: {text}"


def _count(out: Path) -> tuple[int, int]:
    """How many code cells the executed notebook has, and how many of them ran without an error."""
    try:
        notebook = json.loads(out.read_text())
    except (OSError, ValueError):
        return 0, 0
    cells = [
        c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()
    ]
    passed = [
        c for c in cells if c.get("metadata", {}).get("papermill", {}).get("status") == "completed"
    ]
    return len(cells), len(passed)


if __name__ == "__main__":
    main()
