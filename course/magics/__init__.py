"""What cells write: `%kubectl`, `%%apply`, `%node`, `%watch`, `%events`, `%explain`. Loaded by `%load_ext course`.

`line` reads a magic's line, `running` runs its command, `display` shows what it printed; the rest is one magic, or
one help, a file. Nothing is imported before it is used: a notebook that only applies YAML pays for no live tables.
"""

from __future__ import annotations

from course.magics.commands import LabMagics
from course.magics.line import MagicError, is_watch, parse
from course.magics.running import UnexpectedSuccessError

__all__ = ["LabMagics", "MagicError", "UnexpectedSuccessError", "is_watch", "parse"]
