"""What students made, as a page can show it: no scripts, no foreign addresses, no ids of its own.

For our feedback and, by configuration, for formgrader's submission pages (see `grader.config`).
nbconvert's own sanitizing is not enough there: nbgrader's templates go round it for Markdown, and an
image's metadata is written into a tag as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import bleach  # type: ignore[import-untyped]
from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode, from_dict
from traitlets import Bool

_WORDS = (
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre s samp small span strong sub summary sup "
    "table tbody td tfoot th thead tr u ul var"
)
_TAGS = frozenset(_WORDS.split())
_PLAIN = frozenset({"title", "alt", "colspan", "rowspan", "align", "open", "start", "scope"})
# Highlighted code, pandas' tables and the magics'; no class on which formgrader's scripts act.
_CLASS = re.compile(
    r" ?highlight( hl-[\w-]+)?|[a-z]{1,2}\d?|language-[\w-]+|dataframe|kubelab-table|tex2jax_ignore"
)
_ADDRESS = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_NUMBER = re.compile(r"\d{1,4}(px|%)?")

_TEXTS = ("text/plain", "text/latex", "text/html", "text/markdown", "image/svg+xml")
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def _may_stay(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays. An `id` never does: formgrader finds its fields by theirs.

    Pictures only as data: an address would be fetched by whoever opens the page, with their cookies.
    Links only to other sites: a page beside this one may be a file that the student handed in.
    """
    if name == "class":
        return bool(_CLASS.fullmatch(value))
    if name == "href":
        return tag == "a" and bool(_ADDRESS.match(value))
    if name == "src":
        return tag == "img" and bool(_PICTURE.fullmatch(value))
    if name in {"width", "height"}:
        return bool(_NUMBER.fullmatch(value))
    return name in _PLAIN


def clean(html: object) -> str:
    """HTML without what could act; what is not allowed is shown as text."""
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else str(html)
    cleaned: str = bleach.clean(
        text,
        tags=_TAGS,
        attributes=_may_stay,
        protocols=("http", "https", "mailto", "data"),
        css_sanitizer=CSSSanitizer(allowed_css_properties=[]),
    )
    return cleaned


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """nbconvert's filter of this name, cleaned."""
    cell = context.get("cell", {})
    renderer = IPythonRenderer(
        escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
    )
    return clean(MarkdownWithMath(renderer=renderer).render(source))


# For the trait HTMLExporter.filters. The templates call `clean_html` where `sanitize_html` is set.
FILTERS = {
    "markdown2html": "grader.harmless.markdown2html",
    "clean_html": "grader.harmless.clean",
}


class Step(Preprocessor):  # type: ignore[misc]
    """A preprocessor that is in force where it is listed; nbconvert's are not, unless told so."""

    enabled = Bool(True).tag(config=True)


class Harmless(Step):
    """Takes out of a notebook what a template would write into a page unescaped."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Strip the notebook's and the cells' metadata, and make the outputs again."""
        for name in ("widgets", "title"):
            nb.metadata.pop(name, None)
        for cell in nb.cells:
            cell.metadata.pop("tags", None)
            cell.metadata.pop("raw_mimetype", None)
            if cell.cell_type == "code":
                cell.outputs = list(_outputs(cell.outputs))
            if "attachments" in cell:
                cell.attachments = _attachments(cell.attachments)
        return nb, resources


def _outputs(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """The outputs with known parts only, and without metadata."""
    for output in outputs:
        kind = output.output_type
        made: dict[str, Any] = {"output_type": kind}
        if kind == "stream":
            made |= {"name": "stderr" if output.name == "stderr" else "stdout"}
            made |= {"text": _text(output.text)}
        elif kind == "error":
            made |= {"ename": _text(output.ename), "evalue": _text(output.evalue)}
            made |= {"traceback": [_text(line) for line in output.traceback]}
        elif kind in {"execute_result", "display_data"}:
            made |= {"data": _data(output.data), "metadata": {}}
            if not made["data"]:
                continue
            if kind == "execute_result":
                made |= {"execution_count": None}
        else:
            continue
        yield from_dict(made)


def _data(data: dict[str, Any]) -> dict[str, str]:
    kept = {kind: _text(data[kind]) for kind in _TEXTS if kind in data}
    pictures = {kind: _text(data[kind]) for kind in _PICTURES if kind in data}
    return kept | {kind: one for kind, one in pictures.items() if _BASE64.fullmatch(one)}


def _attachments(attachments: dict[str, Any]) -> dict[str, Any]:
    return {name: _data(bundle) for name, bundle in attachments.items() if isinstance(bundle, dict)}


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
