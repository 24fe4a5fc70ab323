"""What ipywidgets show in JupyterLab. The course's views each have a file beside this one: test_view_NAME.py.

Such a file takes `notebook`, writes the view's line into the cell `view`, runs it, and waits: by `shows` for words, by
`finds` for an element, by Playwright's `expect` for anything else.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]
COUNTER = """\
import ipywidgets
button = ipywidgets.Button(description="Count")
said = ipywidgets.Label("none")
count = iter(range(1, 10))
button.on_click(lambda _: setattr(said, "value", f"{next(count)} presses"))
ipywidgets.VBox([button, said])"""


def test_a_button_below_a_cell_reaches_the_kernel(notebook: Notebook) -> None:
    notebook.write("view", COUNTER)
    notebook.run_cell("view")
    notebook.shows("view", "none")
    button = notebook.finds("view", "button")
    button.click()
    notebook.shows("view", "1 presses")
    button.click()
    notebook.shows("view", "2 presses")


def test_a_view_that_is_run_again_takes_the_place_of_the_first(notebook: Notebook) -> None:
    notebook.write("view", COUNTER)
    for _ in range(3):
        notebook.run_cell("view")
    expect(notebook.output_of("view").get_by_role("button", name="Count")).to_have_count(1)
