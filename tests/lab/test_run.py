"""`lab run`: a table of what passed, an exit code, the originals untouched, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import pytest

from course.cluster.state import names
from tests.support import lab_argv, processes_of

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("binary")]


@pytest.fixture
def notebook(tmp_path: Path):
    """Writes a notebook of code cells."""

    def write(*sources: str) -> Path:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        path = tmp_path / "lessons" / "mine.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(made, path)
        return path

    return write


def test_a_lesson_that_passes(lab, own_state, notebook):
    path = notebook("import os; assert os.environ['KUBECONFIG']", "open('made', 'w').write('x')")
    before = path.read_bytes()
    said = lab("run", str(path))
    assert said.returncode == 0, said.stderr
    assert "mine" in said.stdout
    assert "2/2" in said.stdout
    assert "passed" in said.stdout
    assert path.read_bytes() == before
    assert [f.name for f in path.parent.iterdir()] == ["mine.ipynb"]
    assert names() == [], "the temporary cluster left its state"


def test_a_lesson_that_fails_names_the_cell_and_the_error(lab, own_state, notebook):
    said = lab("run", str(notebook("x = 1", "raise ValueError('too cold')", "y = 2")))
    assert said.returncode == 1
    assert "1/3" in said.stdout
    assert "failed" in said.stdout
    assert "cell [2] raised ValueError: too cold" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_kernel_that_dies_is_a_failed_lesson(lab, own_state, notebook):
    said = lab("run", str(notebook("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")))
    assert said.returncode == 1
    assert "died" in said.stderr.lower()


def test_a_cell_that_hangs_is_ended_at_its_deadline(lab, own_state, notebook):
    said = lab("run", "--timeout", "2", str(notebook("import time; time.sleep(100)")))
    assert said.returncode == 1
    assert "timed out" in said.stderr.lower()


def test_the_executed_notebook_is_kept_on_request(lab, own_state, notebook, tmp_path):
    out = tmp_path / "out"
    assert lab("run", "--output", str(out), str(notebook("print('hello')"))).returncode == 0
    executed = nbformat.read(out / "mine.ipynb", as_version=4)
    assert executed.cells[0].outputs[0].text == "hello\n"


def test_ctrl_c_ends_the_lesson_the_cluster_and_what_cells_left_running(own_state, notebook):
    temporary = own_state / "tmp"
    temporary.mkdir()
    path = notebook(
        "import subprocess\n"
        f"p = subprocess.Popen(['tail', '-f', '/dev/null', '{own_state}'], start_new_session=True)",
        f"open('{own_state}/here', 'w').close(); import time; time.sleep(100)",
    )
    with subprocess.Popen(
        lab_argv("run", str(path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    ) as child:  # fmt: skip
        wait_for(own_state / "here")
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert processes_of(own_state) == []
    assert names() == []
    assert list(temporary.iterdir()) == []


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.1)
