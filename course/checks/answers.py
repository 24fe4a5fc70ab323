"""What a student put into a variable, read as JSON data and as nothing else.

A student's own Validate runs tests and answers in one kernel: the variable is read there. The grader runs
tests in the examiner's kernel, which asks for the variable by Jupyter's own input request; the grader
has the student's kernel write it down, and passes the text on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from course.checks.failure import CheckFailed
from course.language import _

MOST = 1 << 20
"""Characters of JSON that an answer may have."""
_NO_ANSWER, _NO_DATA, _TOO_BIG, _SILENT = "no answer", "no data", "too big", "silent"


def answer(name: str) -> Any:
    """The value of the student's variable, as JSON would carry it.

    A test must not call into objects that a student made; data is all that it gets. Tuples come as lists.

    Raises:
        CheckFailed: there is no such variable, it is still `...` or None, or it is no JSON data.
    """
    if os.environ.get("KUBELAB_KERNEL") == "examiner":
        told = _from_the_student(name)
    else:
        told = written(_own_namespace(), name)
    about, look = _("Variable {name}", name=name), f"print({name})"
    if _NO_ANSWER in told:
        raise CheckFailed(about, _("your answer"), _("no answer yet"), look=look)
    if _SILENT in told:
        found = _("a kernel that ended or does not answer")
        raise CheckFailed(about, _("your answer"), found, look=look)
    if _TOO_BIG in told:
        found = _("more than {count} characters", count=MOST)
        raise CheckFailed(about, _("an answer"), found, look=f"len({name})")
    if _NO_DATA in told:
        wanted = _("plain data: text, numbers, lists, dictionaries")
        found = _("an object of type {type}", type=told[_NO_DATA])
        raise CheckFailed(about, wanted, found, look=f"type({name})")
    return told["data"]


def written(namespace: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A variable as plain data: {"data": value}, or why there is none."""
    value = namespace.get(name)
    if name not in namespace or value is None or value is ...:
        return {_NO_ANSWER: True}
    try:
        text = json.dumps(value)
        if len(text) > MOST:
            return {_TOO_BIG: True}
        return {"data": json.loads(text)}
    except (TypeError, ValueError, RecursionError):
        return {_NO_DATA: type(value).__name__[:100]}


def expression(name: str) -> str:
    """What the student's kernel evaluates to write a variable down: a text of hexadecimal digits."""
    return f"__import__('course.checks.answers', fromlist=['x']).hexadecimal(globals(), {name!r})"


def hexadecimal(namespace: Mapping[str, Any], name: str) -> str:
    """A variable as `written`, in digits that no display of a kernel changes."""
    return json.dumps(written(namespace, name)).encode().hex()


def relayed(shown: str | None) -> str:
    """JSON for the examiner, from what the student's kernel showed of the expression's value.

    It may show anything: what is no answer in our form counts as none.
    """
    if shown is None:
        return json.dumps({_SILENT: True})
    if len(shown) > 2 * MOST + 1000:
        return json.dumps({_TOO_BIG: True})
    try:
        told = json.loads(bytes.fromhex(shown.strip("'\"")))
        known = ("data", _NO_ANSWER, _NO_DATA, _TOO_BIG)
        if isinstance(told, dict) and len(told) == 1 and next(iter(told)) in known:
            return json.dumps(told)
    except (ValueError, RecursionError):
        pass
    return json.dumps({_NO_ANSWER: True})


def _from_the_student(name: str) -> dict[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    reply = shell.kernel.raw_input(json.dumps({"answer": name}))
    told: dict[str, Any] = json.loads(reply)
    return told


def _own_namespace() -> dict[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        import __main__

        return vars(__main__)
    return dict(shell.user_ns)
