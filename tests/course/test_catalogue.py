"""Catalogues: what is missing or stale is found, an update loses nothing, code gets literals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from course import build, sources
from course.catalogue import Message, code, faults_of, package, po
from course.catalogue.po import Entry
from course.catalogue.update import update
from course.errors import ContentError
from course.language import LANGUAGES

PROSE = Message("lesson/a", "Run `kubectl get pod`.", prose=True)
TITLE = Message("exercise/b-test", "{pod} is gone.")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_missing_stale_or_unused(lang: str) -> None:
    assert sources.faults(lang) == []


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_an_update_changes_no_committed_catalogue(lang: str, tmp_path: Path) -> None:
    every = {package.path_of(lang): package.messages()}
    every |= {one.catalogue(lang): sources.messages(one.lesson) for one in build.sources()}
    for path, messages in every.items():
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert not update(copy, messages, title), path


@pytest.mark.parametrize(
    ("message", "entry", "said"),
    [
        (PROSE, None, "is missing"),
        (PROSE, Entry("", obsolete=True), "is missing"),
        (PROSE, Entry(""), "is not translated"),
        (PROSE, Entry("运行 `kubectl get pod`。", fuzzy=True), "is fuzzy"),
        (PROSE, Entry("运行 `kubectl get pods`。"), "`kubectl get pod` is missing"),
        (PROSE, Entry("先运行\n再看 `kubectl get pod`。"), "a line ends within a sentence"),
        (TITLE, Entry("{Pod} 不在了。"), "`{pod}` is missing, `{Pod}` is new"),
    ],
)
def test_a_bad_entry_is_said_with_its_place(
    message: Message, entry: Entry | None, said: str
) -> None:
    entries = {} if entry is None else {message.key: entry}
    (line,) = faults_of(entries, [message])
    assert line.startswith(f"{message.context} “")
    assert said in line


def test_a_good_entry_is_fine() -> None:
    good = {
        PROSE.key: Entry("运行 `kubectl get pod`。\n\n- 然后\n- 再看"),
        TITLE.key: Entry("{pod} 不在了。"),
    }
    assert faults_of(good, [PROSE, TITLE]) == []


def test_a_changed_text_is_stale_and_a_gone_one_unused() -> None:
    old = {("lesson/a", "Run it."): Entry("运行。"), ("lesson/z", "Gone."): Entry("没了。")}
    stale, unused = faults_of(old, [PROSE])
    assert "lesson/a “Run `kubectl get pod`.”: is stale" in stale
    assert "lesson/z “Gone.”: is unused" in unused


def test_an_update_keeps_what_it_can_and_says_what_is_to_be_done(tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    update(path, [PROSE, TITLE, Message("lesson/c", "Bye.", prose=True)], "A title.")
    new = {key: Entry(f"中{number}") for number, key in enumerate(po.read(path))}
    po.write(path, new.items(), "A title.")

    changed = Message("lesson/a", "Run `kubectl get pods`.", prose=True)
    moved = Message("lesson/d", "Bye.", prose=True)
    messages = [moved, changed, Message("lesson/e", "New.", prose=True)]
    assert update(path, messages, "A title.")
    assert list(po.read(path).items()) == [
        (moved.key, Entry("中2")),
        (changed.key, Entry("中0", fuzzy=True)),
        (("lesson/e", "New."), Entry()),
        (TITLE.key, Entry("中1", obsolete=True)),
    ]
    text = path.read_text(encoding="utf-8")
    assert not update(path, messages, "A title.")
    assert path.read_text(encoding="utf-8") == text

    update(path, [*messages, TITLE], "A title.")
    assert po.read(path)[TITLE.key] == Entry("中1"), "a text that comes back has its translation"


def test_a_translators_own_words_stay(tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    po.write(path, [(PROSE.key, Entry("运行", comments=("A note.",)))], "A title.")
    update(path, [PROSE], "A title.")
    assert "# A note.\n" in path.read_text(encoding="utf-8")


def test_what_is_no_catalogue_is_said(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"There is no .*zh.po: nothing is translated"):
        po.read(tmp_path / "zh.po")
    (tmp_path / "zh.po").write_text('<<<<<<< ours\nmsgid "a"\n', encoding="utf-8")
    with pytest.raises(ContentError, match=r"zh.po is no catalogue"):
        po.read(tmp_path / "zh.po")


CELL = """\
%kubectl get pod {name} -o jsonpath='{.items[*]}'
名 = 1; card.check(1, _("One"), ask, "_(not this)")
if True:
    !echo it's
    %kubectl delete pod \\
        it's
words = _("It is “{x}” "
          "and \\"more\\"").format(x=1)
checks.speak("en")
"""


def test_code_gets_literals_and_its_language() -> None:
    assert code.texts(CELL, "a") == ["One", 'It is “{x}” and "more"']
    made = code.rewritten(CELL, "a", lambda text: f"译 {text}", "zh")
    assert 'card.check(1, "译 One", ask, "_(not this)")' in made
    assert 'words = "译 It is “{x}” and \\"more\\"".format(x=1)' in made
    assert 'checks.speak("zh")' in made
    kept = [row for row in CELL.splitlines() if row.lstrip().startswith(("%", "!", "it's"))]
    assert all(row in made.splitlines() for row in kept)


def test_cells_that_are_no_python_stay_as_they_are() -> None:
    yaml = '%%apply\nmetadata: {name: _("x")}'
    assert code.rewritten(yaml, "a", lambda _text: "y", "zh") == yaml


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('_(f"It is {x}.")', "takes one literal text"),
        ("_(name)", "takes one literal text"),
        ('_("a", x=1)', "takes one literal text"),
        ("""f"{_('a')} {name}\"""", "outside of an f-string"),
        ('_("a"', "is no Python"),
    ],
)
def test_what_cannot_be_translated_is_refused(cell: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        code.texts(cell, "exercise/x")


def _source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> build.Source:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "lesson.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sources, "CONTENT", tmp_path)
    return build.Source("x", "lesson")


TEXT = '# %% [markdown] id="a"\n# Hello\n\n# %% id="b"\nchecks.speak("en")\nprint(_("Bye"))\n'


def test_a_notebook_is_built_in_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _source(tmp_path, monkeypatch, TEXT)
    found = [(("lesson/a", "Hello"), Entry("你好")), (("lesson/b", "Bye"), Entry("再见"))]
    po.write(source.catalogue("zh"), found, "A title.")
    english, chinese = build.read(source, "en"), build.read(source, "zh")
    assert [cell.source for cell in english.cells] == ["Hello", 'checks.speak("en")\nprint("Bye")']
    assert [cell.source for cell in chinese.cells] == ["你好", 'checks.speak("zh")\nprint("再见")']
    assert (english.metadata.kubelab.language, chinese.metadata.kubelab.language) == ("en", "zh")


def test_a_notebook_is_not_built_without_its_translations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _source(tmp_path, monkeypatch, TEXT)
    assert build.read(source, "en")
    with pytest.raises(ContentError, match=r"There is no x/zh.po"):
        build.read(source, "zh")
    po.write(source.catalogue("zh"), [(("lesson/a", "Hi"), Entry("你好"))], "A title.")
    with pytest.raises(ContentError) as problem:
        build.read(source, "zh")
    assert "lesson/a “Hello”: is stale" in str(problem.value)
    assert "lesson/b “Bye”: is missing" in str(problem.value)
    assert "python -m course.catalogue update x" in str(problem.value)


def test_a_notebook_that_does_not_say_its_language_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _source(tmp_path, monkeypatch, TEXT.replace('checks.speak("en")\n', ""))
    found = [(("lesson/a", "Hello"), Entry("你好")), (("lesson/b", "Bye"), Entry("再见"))]
    po.write(source.catalogue("zh"), found, "A title.")
    with pytest.raises(ContentError, match=r'no cell says `checks.speak\("en"\)`'):
        build.read(source, "zh")


def test_the_command_checks_and_says_how_it_is_used() -> None:
    command = [sys.executable, "-m", "course.catalogue"]
    done = subprocess.run([*command, "check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "update [LESSON …]" in done.stderr
