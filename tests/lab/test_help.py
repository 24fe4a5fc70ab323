"""Each command explains itself, and the README names only commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import click
import pytest

from course import paths
from course.cli import lab as group
from tests.support import fastest

COMMANDS = [
    "start",
    "up",
    "down",
    "status",
    "reset",
    "doctor",
    "shell",
    "run",
    "syllabus",
    "release",
    "kit",
    "hub",
    "grade",
    "test",
    "bench",
    "build",
]


def test_every_command_of_the_course_is_there():
    assert sorted(group.commands) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself_and_its_options(lab, command):
    said = lab(command, "--help")
    assert said.returncode == 0
    assert f"lab {command}" in said.stdout
    for parameter in group.commands[command].params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{command} {parameter.opts} has no help"


def test_lab_alone_shows_the_commands(lab):
    said = lab()
    assert "Begin with: ./lab start" in said.stdout + said.stderr


def test_the_readme_names_only_commands_and_options_that_exist(lab):
    text = (paths.ROOT / "README.md").read_text()
    used = re.findall(r"`?(?:\./)?lab ((?:--?[a-z]+ )*[a-z]+)", text)
    assert set(COMMANDS) & {u.split()[-1] for u in used}
    spans = re.findall(r"\./lab ([^`|\n]*)", text)
    for span in spans:
        words = [w for w in span.split() if not w.startswith("--")]
        if words and words[0].islower():
            assert words[0] in COMMANDS, f"README: ./lab {span}"
    for command in COMMANDS[:13]:
        assert f"./lab {command}" in text, f"the README does not name ./lab {command}"


@pytest.mark.parametrize("page", ["README.md", "grader/TEACHING.md"])
def test_every_command_line_of_a_page_is_understood(page):
    text = (paths.ROOT / page).read_text()
    for line in re.findall(r"\./lab ([a-z][^`|\n]*)", text):
        command, words = group, shlex.split(line)
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        if words and not isinstance(command, click.Group):
            # The parser alone: what the line names need not be there.
            _options, left, _order = command.make_parser(click.Context(command)).parse_args(words)
            assert left == [], f"{page}: ./lab {line}: what are {left}?"


def test_status_answers_fast_enough_to_be_called_often(lab):
    # Half a second where Python with click takes a tenth; a busy machine slows both alike.
    python = [sys.executable, "-P", "-c", "import click"]
    status, alone = fastest(
        lambda: lab("status", "--name", "nobody"), lambda: subprocess.run(python, check=True)
    )
    print(f"status {status:.3f} s, Python alone {alone:.3f} s")
    assert status < 5 * alone
