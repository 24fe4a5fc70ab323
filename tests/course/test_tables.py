"""kubectl's tables: which words are one, and what becomes of them."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from course.magics import ages, tables

PODS = """\
NAMESPACE   NAME                 READY   STATUS    RESTARTS      AGE   IP           NOMINATED NODE   READINESS GATES
default     web-6c996c97-nfzn9   1/1     Running   2 (5m ago)    5s    10.244.0.2   <none>           <none>
demo        other                1/1     Running   0             4s    10.244.0.4   <none>           <none>
"""
CONTEXTS = """\
CURRENT   NAME      CLUSTER   AUTHINFO           NAMESPACE
*         kubelab   kubelab   kubernetes-admin   
          other     kubelab   kubernetes-admin   demo
"""  # noqa: W291 - kubectl pads the last column's place
TWO = """\
NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   2/2     2            2           6s

NAME                     READY   STATUS    RESTARTS   AGE
pod/web-6c996c97-nfzn9   1/1     Running   0          6s
"""
CPU = "NAME   CPU(cores)   MEMORY(bytes)\nweb    1m           3Mi\n"


def test_cells_may_hold_single_spaces() -> None:
    (table,) = tables.read(PODS)
    assert table.columns[4:] == (
        "RESTARTS", "AGE", "IP", "NOMINATED NODE", "READINESS GATES",
    )  # fmt: skip
    assert [row[4] for row in table.rows] == ["2 (5m ago)", "0"]


def test_cells_may_be_empty() -> None:
    (table,) = tables.read(CONTEXTS)
    assert [(row[0], row[-1]) for row in table.rows] == [("*", ""), ("", "demo")]


def test_several_kinds_are_several_tables() -> None:
    first, second = tables.read(TWO)
    assert first.rows == (("deployment.apps/web", "2/2", "2", "2", "6s"),)
    assert second.columns[2] == "STATUS"


def test_units_in_headings() -> None:
    (table,) = tables.read(CPU)
    assert table.rows == (("web", "1m", "3Mi"),)


@pytest.mark.parametrize(
    "words",
    [
        "No resources found in default namespace.\n",
        "Name:         web\nNamespace:    default\n",
        "pod/web\npod/other\n",
        PODS + "Error: something else\n",
        PODS + "\n\n" + PODS,
        "\n" + PODS,
        "NAME   MESSAGE\nweb    one line\nand another\n",
        "NAME   READY\nweb-with-a-long-name 1/1\n",
        "",
    ],
)
def test_what_is_no_sure_table_is_none(words: str) -> None:
    assert tables.read(words) == []


def test_headings_of_ones_own_may_be_in_small_letters() -> None:
    words = "Pod   Address\nweb   10.244.0.2\n"
    assert tables.read(words) == []
    assert tables.read(words, any_case=True)[0].columns == ("Pod", "Address")


def test_names_are_text_in_the_html() -> None:
    evil = tables.Table(("<b>A",), (("<script>alert(1)</script>",), ('" onclick="x',)))
    page = BeautifulSoup(tables.as_html([evil]), "html.parser")
    assert page.find("script") is None and page.find("b") is None
    assert [cell.text for cell in page("td")] == ["<script>alert(1)</script>", '" onclick="x']
    assert all(set(cell.attrs) == {"style"} for cell in page("td"))
    assert [head["scope"] for head in page("th")] == ["col"]


def test_a_table_as_text_is_read_again() -> None:
    for table in tables.read(TWO):
        assert tables.read(tables.as_text(table)) == [table]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-3, "0s"), (119, "119s"), (120, "2m"), (150, "2m30s"), (600, "10m"), (3 * 3600, "3h"),
        (3 * 3600 + 120, "3h2m"), (8 * 3600 + 60, "8h"), (47 * 3600, "47h"), (49 * 3600, "2d1h"),
        (8 * 86400, "8d"), (800 * 86400, "2y70d"), (9 * 365 * 86400, "9y"),
    ],
)  # fmt: skip
def test_ages_are_written_as_kubectl_writes_them(seconds: float, written: str) -> None:
    assert ages.age(seconds) == written
