"""Who runs a cell: a person before a front end, or a program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

_ASKS = "from course.interactive import interactive; interactive()"


@contextmanager
def _kernel(**more: str) -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(env=os.environ | more)
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    ("stdin", "variables", "answer"),
    [
        (True, {}, "True"),
        (False, {}, "False"),
        (True, {"NBGRADER_EXECUTION": "autograde"}, "False"),
    ],
    ids=["a person", "a program", "the grader"],
)
def test_a_kernel_knows_whether_somebody_sits_before_it(
    stdin: bool, variables: dict[str, str], answer: str
) -> None:
    said: list[str] = []

    def hook(message: dict[str, object]) -> None:
        content = message["content"]
        if isinstance(content, dict) and "data" in content:
            said.append(content["data"]["text/plain"])

    with _kernel(**variables) as client:
        client.execute_interactive(_ASKS, allow_stdin=stdin, output_hook=hook, timeout=60)
    assert said == [answer]


def test_papermill_and_its_like_are_no_person() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(_ASKS)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert notebook.cells[0].outputs[0]["data"]["text/plain"] == "False"


def test_outside_a_kernel_there_is_nobody() -> None:
    from course.interactive import interactive

    assert not interactive()
