"""The vocabulary of an exercise's tests.

```python
from course import checks

card = checks.Scorecard(points=2)
web = checks.Object("pod", "web", namespace)
card.check(1, "The Pod has its label", web.matches, {"metadata": {"labels": {"tier": "front"}}})
card.check(1, "The Pod answers on port 80", web.answers, port=80)
card  # the cell's last line: nbgrader reads the points from it
```

Checks look at the cluster and at JSON data only, so a test cell runs in a kernel of its own as well
as in the student's. Each raises `CheckFailed`, which names the object, what was expected, what was
found, the likely cause, and the command to look closer.
"""

from course.checks.answers import answer
from course.checks.crowd import Crowd, make_crowd
from course.checks.failure import CheckFailed
from course.checks.hints import hint
from course.checks.http import http
from course.checks.inside import who_finds, who_reaches
from course.checks.laggard import Laggard, make_laggard
from course.checks.match import Predicate, at_least, either, pattern
from course.checks.namespace import fresh_namespace
from course.checks.objects import Object
from course.checks.scorecard import Scorecard
from course.checks.service import Service
from course.checks.trouble import Trouble, make_trouble
from course.language import speak

__all__ = [
    "CheckFailed",
    "Crowd",
    "Laggard",
    "Object",
    "Predicate",
    "Scorecard",
    "Service",
    "Trouble",
    "answer",
    "at_least",
    "either",
    "fresh_namespace",
    "hint",
    "http",
    "make_crowd",
    "make_laggard",
    "make_trouble",
    "pattern",
    "speak",
    "who_finds",
    "who_reaches",
]
