"""The live views' front end changes what has changed, and nothing of what was there before is left."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course import views
from tests.browser import chromium as chromiums

pytestmark = pytest.mark.slow

SCRIPT = Path(views.__file__).with_name("live") / "live.js"
BEGIN = """async source => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const heard = [], state = { picture: '', details: '', status: '', stop_label: '', mood: 'live' };
  const el = document.body.appendChild(document.createElement('div'));
  module.default.render({ el, model: {
    get: name => state[name], send: () => {}, off: () => {}, on: (_event, call) => heard.push(call),
  } });
  window.draw = picture => {
    state.picture = picture;
    heard.forEach(call => call());
    return el.querySelector('.kl-picture').innerHTML;
  };
}"""


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page with the front end in it; `draw(html)` returns what is there then."""
    window = chromiums.window(browser)
    window.evaluate(BEGIN, SCRIPT.read_text())
    yield window
    window.context.close()


def picture(dice: random.Random) -> str:
    """Rows that come, go, move and change, some of them known by a key."""
    rows = []
    for name in dice.sample("abcdefghij", dice.randrange(11)):
        key = f' data-key="{name}"' if dice.random() < 0.6 else ""
        tag, value = dice.choice(["li", "li", "p"]), dice.randrange(3)
        rows.append(f'<{tag}{key} class="kl-{value}">{name}<b>{value}</b></{tag}>\n')
    table = "".join(f"<tr><td>{dice.randrange(9)}</td></tr>\n" for _ in range(dice.randrange(4)))
    return f"<ul>\n{''.join(rows)}</ul>\n<table>\n<tbody>\n{table}</tbody>\n</table>\n"


def test_after_each_change_there_is_what_was_drawn_and_nothing_else(page: Any) -> None:
    dice = random.Random(7)  # noqa: S311 - the same pictures each time
    for _ in range(300):
        wanted = picture(dice)
        assert page.evaluate("html => draw(html)", wanted) == wanted


def test_what_has_a_key_stays_the_same_element_wherever_it_goes(page: Any) -> None:
    page.evaluate("""html => { draw(html); document.querySelector('[data-key=b]').mark = 1; }""",
                  '<p data-key="a">1</p><p data-key="b">2</p>')  # fmt: skip
    moved = '<p data-key="c">0</p><p data-key="b">3</p><p data-key="a">1</p>'
    assert page.evaluate("html => draw(html)", moved) == moved
    assert page.evaluate("document.querySelector('[data-key=b]').mark") == 1
