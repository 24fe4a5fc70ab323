"""Tab asks `course.magics.complete`, which is imported at the first Tab in a line that may be one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult


def register(shell: Any) -> None:
    """Let a shell's Tab know the magics and `!kubectl`; once for each shell."""
    from IPython.core.completer import context_matcher

    known = [getattr(one, "matcher_identifier", "") for one in shell.Completer.custom_matchers]
    if __name__ in known:
        return

    @context_matcher(priority=1000, identifier=__name__)  # type: ignore[untyped-decorator]
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        return _result(shell, context)

    shell.Completer.custom_matchers.append(matcher)


def _result(shell: Any, context: CompletionContext) -> SimpleMatcherResult:
    from IPython.core.completer import SimpleCompletion

    line, place = context.line_with_cursor, context.cursor_position
    before, cell = line[:place], context.full_text
    if not ("%" in before or "!" in before or cell.lstrip().startswith("%%")):
        return {"completions": [], "matched_fragment": ""}
    from course.magics import complete

    found = complete.at_cursor(before, line[place:], cell, shell.user_ns) or complete.Found("")
    return {
        "completions": [SimpleCompletion(text=text, type="kubectl") for text in found.texts],
        "matched_fragment": found.fragment,
        "suppress": found.alone,
        "ordered": True,
    }
