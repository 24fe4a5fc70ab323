"""The session's run: every chosen case is graded once, before the first test that asks for its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hostile import case as cases
from tests.hostile import handin, suite, tiny


@dataclass
class Run:
    """What the session's run left."""

    graded: dict[str, suite.Graded]
    secret: Path
    knocks: list[str] = field(default_factory=list)


def chosen(session: pytest.Session) -> list[cases.Case]:
    """The cases that the selected tests ask for: one that is repeated alone does not wait for the others."""
    names = set()
    for item in session.items:
        spec = getattr(item, "callspec", None)
        if spec is not None and "hostile" in spec.params:
            names.add(spec.params["hostile"])
    return [cases.load(name) for name in sorted(names or cases.names())]


@pytest.fixture(scope="session")
def whole_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, walls: None
) -> Iterator[Run]:
    """Grade what is chosen, with the controls; skipped where the grader has no sandbox."""
    try:
        suite.must_have_sandbox()
    except suite.NoSandboxError as problem:
        pytest.skip(str(problem))
    folder = tmp_path_factory.mktemp("hostile")
    secret = folder / "secret.txt"
    secret.write_text(tiny.CANARY)
    knocks: list[str] = []
    with suite.doors(knocks) as port, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBELAB_HOSTILE_SECRET", tiny.CANARY)
        known = handin.values(port, secret)
        suite.prove_sandbox(folder / "probe", known)
        yield Run(suite.run(chosen(request.session), folder, known), secret, knocks)
