"""JupyterLab's window, and a notebook in it, by what a person does there.

JupyterLab keeps only those cells in the page that are in sight. So a cell is named by its id, and brought into sight
before it is looked at; what all cells are doing is read from JupyterLab's own model (`expose_app_in_browser`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import expect

from tests.browser import pictures

OPENS_WITHIN = 120.0
"""Seconds for JupyterLab, or a notebook and its kernel, to be there on a busy machine."""
RUNS_WITHIN = 120.0
"""Seconds for one cell."""

_PANEL = """const panel = [...window.jupyterapp.shell.widgets('main')].find(one => one.context?.path === path);"""
_READY = f"""path => {{
  {_PANEL}
  const kernel = panel?.sessionContext;
  return panel?.content.widgets.length > 0 && kernel.isReady && kernel.kernelDisplayStatus === 'idle';
}}"""
_CELLS = f"""path => {{
  {_PANEL}
  return panel.content.widgets.filter(cell => cell.model.type === 'code').map(cell => ({{
    id: cell.model.id,
    running: cell.model.executionState === 'running',
    count: cell.model.executionCount,
    source: cell.model.sharedModel.getSource(),
    outputs: cell.model.outputs.toJSON(),
  }}));
}}"""
_IDS = f"path => {{ {_PANEL} return panel.content.widgets.map(cell => cell.model.id); }}"
_IDLE = f"""([path, id, before]) => {{
  {_PANEL}
  const cells = panel.content.widgets.filter(cell => cell.model.type === 'code');
  const wanted = cells.filter(cell => !id || cell.model.id === id);
  return wanted.every(cell => cell.model.executionState !== 'running')
    && (!id || wanted[0].model.executionCount && wanted[0].model.executionCount !== before);
}}"""
_SHOW = f"""([path, id]) => {{
  {_PANEL}
  const index = panel.content.widgets.findIndex(cell => cell.model.id === id);
  const node = panel.content.widgets[index].node;
  node.dataset.cell = id;
  const [at, all] = [node.getBoundingClientRect(), panel.content.node.getBoundingClientRect()];
  const inSight = node.isConnected && at.top < all.bottom - 60 && at.bottom >= all.top + Math.min(60, at.height);
  if (!inSight) panel.content.scrollToItem(index, 'start');
  return inSight;
}}"""
_DIRTY = f"path => {{ {_PANEL} return !panel.context.model.dirty; }}"


@dataclass(frozen=True)
class Lab:
    """A window with JupyterLab in it.

    Attributes:
        page: Playwright's.
        lang: the language of the lessons, which is in the screenshots' names.
    """

    page: Any
    lang: str = "en"

    @classmethod
    def at(cls, page: Any, address: str, lang: str = "en") -> Lab:
        """Opens an address of JupyterLab's and waits until its window is there."""
        page.goto(address)
        page.locator(".jp-DirListing-content").wait_for(timeout=OPENS_WITHIN * 1000)
        return cls(page, lang)

    def open(self, path: str) -> Notebook:
        """Opens a notebook from the list of files, by double clicks, and waits for its kernel."""
        self.page.locator(".jp-BreadCrumbs-home").click()
        for part in path.split("/"):
            name = re.compile(f"^{re.escape(part)}$")
            self.page.locator(".jp-DirListing-itemText", has_text=name).dblclick()
        return self.notebook(path)

    def notebook(self, path: str) -> Notebook:
        """The notebook of an open tab, when its kernel is ready."""
        found = Notebook(self, path)
        self.wait(_READY, path, OPENS_WITHIN, f"{path} and its kernel are there")
        return found

    def menu(self, *words: str) -> None:
        """Chooses an entry of the menu bar: `menu("Run", "Run All Cells")`."""
        bar, *rest = words
        self.page.locator("#jp-MainMenu").get_by_text(bar, exact=True).click()
        for word in rest:
            entry = self.page.locator(".lm-Menu-itemLabel").get_by_text(word, exact=True)
            entry.click()

    def shot(self, name: str) -> Path:
        """A screenshot, named for the language."""
        return pictures.shot(self.page, f"{self.lang}-{name}")

    def wait(
        self,
        script: str,
        argument: Any,
        within: float,
        what: str,
        seen: Callable[[], str] | None = None,
        every: float | str = "raf",
    ) -> None:
        """Waits until a function of the page's returns true.

        Args:
            within: seconds.
            seen: tells what there was when time was up.
            every: milliseconds between two looks; by default, at each of the page's frames.
        """
        try:
            self.page.wait_for_function(script, arg=argument, timeout=within * 1000, polling=every)
        except Late:
            tabs = self.page.locator(".lm-TabBar-tabLabel").all_inner_texts()
            last = seen() if seen else f"the tabs {tabs}"
            raise AssertionError(f"not within {within:.0f} s: {what}; last seen: {last}") from None


@dataclass(frozen=True)
class Notebook:
    """A notebook in a tab of JupyterLab. Its cells are named by their ids.

    Attributes:
        path: below the folder that is served.
    """

    lab: Lab
    path: str

    def cells(self) -> list[dict[str, Any]]:
        """The code cells: id, running, count, source, outputs (as in the file)."""
        found: list[dict[str, Any]] = self.lab.page.evaluate(_CELLS, self.path)
        return found

    def ids(self) -> list[str]:
        """The ids of all cells, of text too, in their order."""
        found: list[str] = self.lab.page.evaluate(_IDS, self.path)
        return found

    def cell(self, cell: str) -> Any:
        """A cell's element, scrolled into sight."""
        assert cell in self.ids(), f"{self.path} has no cell {cell!r}: {self.ids()}"
        # How tall cells are that were never in sight JupyterLab can only guess: one scroll may miss.
        self.lab.wait(
            _SHOW, [self.path, cell], RUNS_WITHIN, f"cell {cell!r} is in sight", every=100
        )
        return self.lab.page.locator(f'[data-cell="{cell}"]')

    def output_of(self, cell: str) -> Any:
        """What is below a cell, widgets included: for Playwright's `expect` and `locator`."""
        return self.cell(cell).locator(".jp-Cell-outputWrapper")

    def shows(self, cell: str, words: str | re.Pattern[str], within: float = RUNS_WITHIN) -> Any:
        """Waits until a cell's output or widget has the words; returns its element."""
        output = self.output_of(cell)
        expect(output).to_contain_text(words, timeout=within * 1000)
        return output

    def finds(self, cell: str, selector: str, within: float = RUNS_WITHIN) -> Any:
        """Waits until a cell's output or widget has an element that can be seen, by its CSS; returns the first one."""
        element = self.output_of(cell).locator(selector).first
        expect(element).to_be_visible(timeout=within * 1000)
        return element

    def write(self, cell: str, source: str) -> None:
        """Replaces what stands in a cell, as if it were pasted."""
        self.cell(cell).locator(".cm-content").click()
        self.lab.page.keyboard.press("Control+a")
        self.lab.page.keyboard.insert_text(source)
        (found,) = (one["source"] for one in self.cells() if one["id"] == cell)
        assert found == source, f"the editor made something else of it:\n{found}"

    def run_cell(self, cell: str, within: float = RUNS_WITHIN) -> Any:
        """Runs a cell by Ctrl-Enter and waits for its end; returns its output's element."""
        (before,) = (one["count"] for one in self.cells() if one["id"] == cell)
        self.cell(cell).locator(".cm-content").click()
        self.lab.page.keyboard.press("Control+Enter")
        self._wait(cell, before, within)
        return self.output_of(cell)

    def run_all(self, within: float) -> None:
        """Runs all cells by the menu and waits for the end of the last."""
        self.lab.menu("Run", "Run All Cells")
        self.wait_idle(within)

    def wait_idle(self, within: float = RUNS_WITHIN) -> None:
        """Waits until no cell runs or waits to."""
        self._wait("", None, within)

    def save(self) -> None:
        """Saves by Ctrl-S."""
        self.lab.page.keyboard.press("Control+s")
        self.lab.wait(_DIRTY, self.path, RUNS_WITHIN, f"{self.path} is saved")

    def _wait(self, cell: str, before: int | None, within: float) -> None:
        argument, what = [self.path, cell, before], f"{cell or 'all'} of {self.path} has run"
        self.lab.wait(_IDLE, argument, within, what, self._running)

    def _running(self) -> str:
        running = [one for one in self.cells() if one["running"]]
        if not running:
            return "no cell runs"
        first = running[0]
        return f"{len(running)} run or wait, first {first['id']!r}: {first['source']}\n{first['outputs']}"
