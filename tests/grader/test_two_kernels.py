"""The engine: answers in one kernel, tests in another, data in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from course import paths
from grader import engine
from grader.marks import Ran, outcome_of
from tests import cells
from tests.grader import plain


def notebook() -> NotebookNode:
    kernel = "os.environ['KUBELAB_KERNEL']"
    own = "print(shared, '|', 'prepared' in globals(), '|', ('exam' + 'iner knows') in str(In))"
    answer = "mine = (1, {'a': [2]})\nclass Odd: pass\nodd = Odd()"
    test = (
        "from course import checks\nsecret = 'only the examiner knows'\n"
        "print(prepared, '|', shared, '|', checks.answer('mine'), '|', 'mine' in globals())"
    )
    return cells.notebook(
        cells.locked("both", f"import os\nshared = {kernel}"),
        cells.locked("setup", f"prepared = 'by ' + {kernel}", tags=["setup"]),
        cells.cell("answer", answer, solution=True),
        cells.test("answer", test, 1),
        cells.cell("own", own),
        cells.test("odd", "checks.answer('odd')", 1),
    )


@pytest.fixture(scope="module")
def run() -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in engine.run(notebook()).cells}


def printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def test_tests_and_setup_run_in_the_examiners_kernel_with_the_answer_as_data(
    run: dict[str, NotebookNode],
) -> None:
    assert printed(run["answer-test"]).strip() == "by examiner | examiner | [1, {'a': [2]}] | False"


def test_the_students_kernel_sees_neither_tests_nor_setup(run: dict[str, NotebookNode]) -> None:
    assert printed(run["own"]).strip() == "student | False | False"


def test_what_is_no_data_does_not_cross(run: dict[str, NotebookNode]) -> None:
    ran, why = outcome_of(run["odd-test"])
    assert ran is Ran.FAILED
    assert "found an object of type Odd" in why


def test_papermill_knows_the_engine_by_its_name(tmp_path: Path) -> None:
    nb = notebook()
    del nb.cells[-1]  # papermill itself raises at the end where a cell failed
    nbformat.write(nb, tmp_path / "in.ipynb")
    papermill.execute_notebook(
        tmp_path / "in.ipynb", tmp_path / "out.ipynb", engine_name="kubelab", progress_bar=False
    )
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "by examiner" in printed({cell.id: cell for cell in done.cells}["answer-test"])


@pytest.mark.parametrize(
    ("answers", "said"), [(plain.GOOD, "Success"), ({"numbers": "numbers = []"}, "failed")]
)
def test_the_same_tests_run_in_one_kernel_when_a_student_validates(
    tmp_path: Path, answers: dict[str, str], said: str
) -> None:
    nbformat.write(plain.submission(answers), tmp_path / "work.ipynb")
    command = [sys.executable, "-m", "nbgrader", "validate", "work.ipynb"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert said in done.stdout + done.stderr


def test_the_worker_starts_without_nbgraders_web_server_and_database() -> None:
    look = "import sys, grader.worker; print([m for m in ('nbgrader', 'sqlalchemy') if m in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", look], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
