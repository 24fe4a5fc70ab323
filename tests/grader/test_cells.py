"""Our reading of nbgrader's metadata is nbgrader's."""

from __future__ import annotations

import itertools

import pytest
from nbformat.v4 import new_code_cell
from nbgrader import utils

from grader import cells

NAMES = ("grade", "solution", "locked")
VALUES = (None, False, True)


@pytest.mark.parametrize("values", list(itertools.product(VALUES, repeat=len(NAMES))))
def test_a_cell_is_what_nbgrader_takes_it_for(values: tuple[bool | None, ...]) -> None:
    said = {name: value for name, value in zip(NAMES, values, strict=True) if value is not None}
    for metadata in ({"nbgrader": said}, {}):
        cell = new_code_cell(metadata=metadata)
        for name in ("is_grade", "is_solution", "is_locked"):
            assert getattr(cells, name)(cell) == getattr(utils, name)(cell), (name, metadata)
