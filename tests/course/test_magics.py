"""The magics, in a real IPython shell and with real commands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course import kubectl, load_ipython_extension
from course.errors import LabError
from course.kubectl import ClusterUnreachableError, CommandError, CommandTimeoutError
from course.magics import MagicError, UnexpectedSuccessError, is_watch, parse


@pytest.fixture
def shell() -> Iterator[Any]:
    shell = InteractiveShell.instance()
    load_ipython_extension(shell)
    yield shell
    InteractiveShell.clear_instance()


def test_variables_go_in_and_other_braces_stay() -> None:
    _, words = parse(
        "get pod {name} -o jsonpath='{range .items[*]}{.status.podIP}{end}' -l 'a in (b)' {{x}}",
        {"name": "my pod", "x": 1},
    )
    assert words == [
        "get",
        "pod",
        "my pod",
        "-o",
        "jsonpath={range .items[*]}{.status.podIP}{end}",
        "-l",
        "a in (b)",
        "{{x}}",
    ]


def test_an_unknown_variable_is_said() -> None:
    with pytest.raises(MagicError, match="no Python variable `nam`"):
        parse("get pod {nam}", {"name": "x"})


def test_options_of_the_magic_stand_before_the_command() -> None:
    options, words = parse(
        "--expect-failure --deadline 5s --until Running --into out get --watch -- --may-fail", {}
    )
    assert (options.fails, options.deadline, options.until, options.into) == (
        "always",
        5,
        "Running",
        "out",
    )
    assert words == ["get", "--watch", "--", "--may-fail"]


@pytest.mark.parametrize("line", ["get pod | head", "get pod > x", "get pod && ls"])
def test_shell_signs_are_refused_with_the_way_out(line: str) -> None:
    with pytest.raises(MagicError, match="!kubectl"):
        parse(line, {})


def test_shell_signs_behind_the_dashes_are_the_containers() -> None:
    assert parse("exec web -- sh -c 'a | b' |", {})[1][-1] == "|"


def test_an_unclosed_quote_is_said() -> None:
    with pytest.raises(MagicError, match="cannot be split"):
        parse("run 'x", {})


@pytest.mark.parametrize(
    ("line", "watch"),
    [
        ("get po --watch", True),
        ("get -w po", True),
        ("logs -f web", True),
        ("get po", False),
        ("run x -- sh -w", False),
        ("logs web", False),
        ("port-forward web 80", True),
    ],
)
def test_a_command_without_an_end_is_known(line: str, watch: bool) -> None:
    assert is_watch(line.split()) is watch


def test_words_come_out_and_into_a_variable(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.user_ns["x"] = 4
    shell.run_line_magic("node", "--into said echo {x}")
    assert shell.user_ns["said"] == "4"
    assert capsys.readouterr().out == "4\n"


def test_a_cell_is_what_the_command_reads(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.user_ns["x"] = 4
    shell.run_cell_magic("node", "cat", "{x} ${x} $two {{x}} {print}\n")
    assert capsys.readouterr().out == "4 ${x} $two {{x}} {print}\n"


def test_a_failing_command_raises_with_its_words_once(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="no/such/file") as failure:
        shell.run_line_magic("node", "ls /no/such/file")
    assert failure.value.status == 2
    assert "no/such/file" not in capsys.readouterr().out
    assert failure.value._render_traceback_()[0].count("\n") == 2


def test_an_expected_failure_is_shown(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_line_magic("node", "--expect-failure ls /no/such/file")
    assert "no/such/file" in capsys.readouterr().out
    with pytest.raises(UnexpectedSuccessError):
        shell.run_line_magic("node", "--expect-failure true")
    shell.run_line_magic("node", "--may-fail true")
    shell.run_line_magic("node", "--may-fail false")


def test_output_streams_and_ends_at_the_word(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    shell.run_line_magic("node", "--until two sh -c 'echo one; echo two; sleep 60'")
    assert time.monotonic() - began < 10
    assert capsys.readouterr().out == "one\ntwo\n"


def test_the_deadline_ends_a_command_and_says_what_was_last_seen(shell: Any) -> None:
    began = time.monotonic()
    with pytest.raises(CommandTimeoutError, match=r"(?s)still running after 1 s.*here I am"):
        shell.run_line_magic("node", "--deadline 1 sh -c 'echo here I am; sleep 60'")
    assert time.monotonic() - began < 10


def test_a_word_that_does_not_come_is_a_failure(shell: Any) -> None:
    with pytest.raises(CommandTimeoutError):
        shell.run_line_magic("node", "--deadline 1 --until never sh -c 'sleep 60'")


def test_a_closed_output_does_not_end_the_wait() -> None:
    began = time.monotonic()
    with pytest.raises(CommandTimeoutError):
        kubectl.run(["-c", "exec >&- 2>&-; sleep 60"], program="sh", deadline=1)
    assert time.monotonic() - began < 10


def test_a_missing_program_is_said(shell: Any) -> None:
    with pytest.raises(LabError, match="`no-such-program` is not on this machine"):
        shell.run_line_magic("node", "no-such-program")


def test_apply_wants_yaml(shell: Any) -> None:
    with pytest.raises(MagicError, match="nothing to apply"):
        shell.run_cell_magic("apply", "", "\n# YOUR ANSWER HERE\n")
    with pytest.raises(MagicError, match="%%apply"):
        shell.run_line_magic("apply", "x.yaml")


def test_no_cluster_is_told_from_a_wrong_command(
    shell: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: ''}}]\n"
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    with pytest.raises(ClusterUnreachableError, match=r"\./lab up"):
        shell.run_line_magic("kubectl", "get pod")
    with pytest.raises(CommandError, match="unknown command") as failure:
        shell.run_line_magic("kubectl", "gett pod")
    assert not isinstance(failure.value, ClusterUnreachableError)
