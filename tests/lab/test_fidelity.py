"""The fidelity table: what is asked of both clusters, and that the document in the repository says it all."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from course.bench import fidelity
from course.errors import ContentError

ROWS = [row for scene in fidelity.scenes() for row in scene.rows]


def test_at_least_80_behaviours_are_asked_each_once() -> None:
    assert len(ROWS) >= 80
    assert [what for what, times in Counter(row.what for row in ROWS).items() if times > 1] == []


def test_no_two_scenes_share_a_namespace() -> None:
    names = Counter(scene.name for scene in fidelity.scenes())
    assert [name for name, times in names.items() if times > 1] == []


def test_the_document_has_every_behaviour_and_explains_every_difference() -> None:
    text = fidelity.DOCUMENT.read_text()
    found = re.findall(r"^\| (.*?) \| (yes|no: .*?) \|", text, re.MULTILINE)
    assert [what for what, _ in found if what != "behaviour"] == [row.what for row in ROWS]
    assert [row for row in found if "NOT EXPLAINED" in row[1]] == []
    # Where both say nothing, or only that it failed, nobody knows whether the question was right.
    assert re.findall(r"^.*\| `(?:\(exit \d+\))?` \|.*$", text, re.MULTILINE) == []
    differ = sum(same != "yes" for _, same in found)
    assert f"{len(ROWS)} behaviours: {len(ROWS) - differ} the same, {differ} different, 0" in text


def test_a_behaviour_that_differs_without_a_word_is_named() -> None:
    rows = [fidelity.Row("asked", "true"), fidelity.Row("known", "true", explained="it is so")]
    text = fidelity.table([fidelity.Compared("1-pods", row, "a|b", "c") for row in rows])
    assert "2 behaviours: 0 the same, 2 different, 1 of these without an explanation." in text
    assert "| asked | no: NOT EXPLAINED | `a¦b` | `c` |" in text
    assert "| known | no: it is so | `a¦b` | `c` |" in text


def test_a_file_that_is_not_as_it_must_be_is_named(tmp_path) -> None:
    (tmp_path / "1-pods.toml").write_text("[[scene]]\nname = 'x'\n")
    with pytest.raises(ContentError, match=r"1-pods\.toml is not as it must be: 'row'"):
        fidelity.scenes(tmp_path)
