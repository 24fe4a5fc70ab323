"""The cases themselves: their files are well formed, their notebooks can be made, their code is Python."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from course import build
from tests.hostile import case as cases
from tests.hostile import handin, tiny


@pytest.fixture
def known(tmp_path: Path) -> handin.Values:
    secret = tmp_path / "secret.txt"
    secret.write_text(tiny.CANARY)
    return handin.values(1, secret)


@pytest.mark.parametrize("name", cases.names())
def test_a_case_can_be_handed_in(name: str, known: handin.Values, tmp_path: Path) -> None:
    case = cases.load(name)
    own = handin.hand_in(case, tmp_path, known)
    assert own.is_dir()
    assert own.parent.name == case.who
    if case.raw or case.notebook:
        return
    nb = json.loads((own / case.file).read_text())
    assert nb["nbformat"] == 4
    words = "\n".join(cell["source"] for cell in nb["cells"])
    assert tiny.CANARY not in words, "the canary is for hidden tests alone"
    assert not any(f"@{name}@" in words for name in known)


@pytest.mark.parametrize("name", cases.names())
def test_an_attack_is_python(name: str, known: handin.Values) -> None:
    case = cases.load(name)
    for text in [*case.answers.values(), *(one["text"] for one in case.extra)]:
        filled = handin.filled(text.replace("{old}", "pass"), known)
        if not filled.lstrip().startswith("%%"):
            ast.parse(TransformerManager().transform_cell(filled))


def test_no_two_cases_have_the_same_student() -> None:
    who = [cases.load(name).who for name in cases.names()]
    assert len(set(who)) == len(who) >= 35


def test_no_word_of_success_stands_in_a_source(known: handin.Values) -> None:
    """A traceback that shows a cell's source must not look like a success."""
    texts = [handin.PRELUDE.read_text()]
    for name in cases.names():
        case = cases.load(name)
        texts += [*case.answers.values(), *(one["text"] for one in case.extra)]
    for word in (*cases.NEVER, "ATTACKED"):
        assert not [text for text in texts if word in text]


def test_the_prelude_is_a_cell_of_the_students_own(known: handin.Values) -> None:
    ast.parse(handin.filled(handin.PRELUDE.read_text(), known))


def test_the_tiny_assignment_hides_its_tests() -> None:
    released = build.as_text(tiny.submission())
    assert tiny.CANARY not in released
    assert "HIDDEN TESTS" not in released
    assert tiny.SOLUTION["make"] not in released
    assert tiny.CANARY in build.as_text(tiny.source())
    points = [cell.metadata.nbgrader.get("points", 0) for cell in tiny.source().cells]
    assert sum(points) == tiny.POINTS


def test_a_big_notebook_is_a_right_one(tmp_path: Path) -> None:
    path = tmp_path / "big.ipynb"
    handin.write_big(path, 3 << 20)
    assert os.path.getsize(path) > 2 << 20  # noqa: PTH202
    nbformat.validate(nbformat.read(path, as_version=4))
