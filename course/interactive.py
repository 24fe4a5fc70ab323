"""Whether somebody sits before the notebook: a program that runs it needs an end, and pictures that stand still."""

from __future__ import annotations

import os


def interactive() -> bool:
    """Whether a person runs the cell: JupyterLab and its like, not papermill, nbgrader, nbconvert or `lab run`.

    A front end with a person lets the kernel ask for input (`allow_stdin` of Jupyter's execute_request); nbclient,
    which runs notebooks for all of those programs, does not. The grader's examiner asks for variables by input.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return False
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))
