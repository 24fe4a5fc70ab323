"""Kubelab: a Kubernetes course on a real cluster."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext course` in a notebook: the magics, their completion, and what listens to cells."""
    from course.checks import checking
    from course.magics import LabMagics
    from course.magics.tab import register
    from course.memory import watch
    from course.pace import pace

    shell.register_magics(LabMagics)
    register(shell)
    pace.listen(shell)
    watch.listen(shell)
    checking.listen(shell)
