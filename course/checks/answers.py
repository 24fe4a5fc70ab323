"""What a student put into a variable, read as JSON data and as nothing else."""

from __future__ import annotations

import json
from typing import Any

from course.checks.failure import CheckFailed


def answer(name: str) -> Any:
    """The value of the student's variable, as JSON would carry it.

    A test must not call into objects that a student made; data is all that it gets. Tuples come as lists.

    Raises:
        CheckFailed: there is no such variable, it is still `...` or None, or it is no JSON data.
    """
    namespace = _student_namespace()
    value = namespace.get(name)
    if name not in namespace or value is None or value is ...:
        raise CheckFailed(f"Variable {name}", "your answer", "no answer yet", look=f"print({name})")
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        kind = type(value).__name__
        raise CheckFailed(
            f"Variable {name}",
            "plain data: text, numbers, lists, dictionaries",
            f"an object of type {kind}",
            look=f"type({name})",
        ) from None


def _student_namespace() -> dict[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        import __main__

        return vars(__main__)
    return dict(shell.user_ns)
