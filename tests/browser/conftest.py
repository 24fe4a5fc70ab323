"""JupyterLab as `lab start` serves it: one for each module, on a machine and a cluster of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser import chromium as chromiums
from tests.browser.jupyterlab import Lab, Notebook
from tests.browser.served import Machine, lab_start, machine

LOAD = '%load_ext course\nfrom course import checks\nchecks.speak("en")'


@pytest.fixture(scope="module")
def student(chromium: None, binary: object) -> Iterator[Machine]:
    """A student's machine, with the course and an empty home."""
    with machine() as made:
        yield made


@pytest.fixture(scope="module")
def start(student: Machine, browser: Any) -> Iterator[Callable[[str], Lab]]:
    """Runs `lab start --lang LANG` until the end of the module, and opens the page that it names."""
    with ExitStack() as stack:

        def started(lang: str) -> Lab:
            address = stack.enter_context(lab_start(student, "--lang", lang))
            page = chromiums.window(browser)
            stack.callback(page.context.close)
            return Lab.at(page, address, lang)

        yield started


@pytest.fixture(scope="module")
def jupyterlab(start: Callable[[str], Lab]) -> Lab:
    """JupyterLab on the English lessons."""
    return start("en")


@pytest.fixture(scope="module")
def notebook(jupyterlab: Lab, student: Machine) -> Notebook:
    """A notebook for a test's own code: the course is loaded; the cell `view` is empty."""
    cells = {"load": LOAD, "view": ""}
    path = student.notebooks() / "views.ipynb"
    nb = new_notebook(cells=[new_code_cell(source, id=name) for name, source in cells.items()])
    nb.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    nbformat.write(nb, path)
    jupyterlab.page.get_by_role("button", name="Refresh the file browser.").click()
    opened = jupyterlab.open(path.name)
    opened.run_cell("load")
    return opened
