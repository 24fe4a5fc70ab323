"""Three sample submissions (right, half right, empty), made from the exercise so that they stay true.

`python -m grader.samples [--check]`; they lie in grader/samples/submitted/, and `./lab grade
grader/samples` grades them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from course import build, wrong

FOLDER = Path(__file__).resolve().parent / "samples"
STUDENTS = ("empty", "half", "right")


def notebooks(lesson: str = "pods") -> Mapping[str, NotebookNode]:
    """The three submissions, by the name of their student; half does half of it, and not all of that well."""
    exercise = build.exercise(lesson)
    solution = build.solution(exercise)
    wrongs = wrong.load(lesson, "half").answers
    done = list(solution)[: (len(solution) + 1) // 2]
    return {
        "empty": build.handed_in(exercise, {}),
        "half": build.handed_in(
            exercise, {cell: wrongs.get(cell, solution[cell]) for cell in done}
        ),
        "right": build.handed_in(exercise, solution),
    }


def paths(folder: Path = FOLDER, lesson: str = "pods") -> dict[Path, str]:
    """What each file of the samples holds."""
    name = f"{build.exercise(lesson).name}.ipynb"
    return {
        folder / "submitted" / student / lesson / name: build.as_text(notebook)
        for student, notebook in notebooks(lesson).items()
    }


def write(folder: Path = FOLDER) -> list[Path]:
    """Write the samples."""
    for path, text in paths(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(paths(folder))


def check(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the samples that are there."""
    return [
        f"{path.relative_to(folder)} is not what the exercise makes"
        for path, text in paths(folder).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """`python -m grader.samples [--check]`."""
    if "--check" not in arguments:
        for path in write():
            print(path.relative_to(build.ROOT))
        return 0
    problems = check()
    for problem in problems:
        print(f"ERROR: {problem}. Run `python -m grader.samples`.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
