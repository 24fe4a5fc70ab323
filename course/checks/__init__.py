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
from course.checks.choice import answer_is, names_all, names_only
from course.checks.failure import CheckFailed
from course.checks.hiding import hide, hiding_place
from course.checks.hints import hint
from course.checks.http import http
from course.checks.inside import who_finds, who_reaches
from course.checks.match import Predicate, at_least, either, pattern
from course.checks.namespace import fresh_namespace, remove_namespace
from course.checks.objects import Object
from course.checks.quantity import amount
from course.checks.quota import accepted, quota, refused, sample_pod
from course.checks.rights import ANONYMOUS, Subject, can, cannot, service_account
from course.checks.scope import cluster_wide, namespaced
from course.checks.scorecard import Scorecard
from course.checks.trouble import Trouble, make_trouble
from course.language import speak

__all__ = [
    "ANONYMOUS",
    "CheckFailed",
    "Object",
    "Predicate",
    "Scorecard",
    "Subject",
    "Trouble",
    "accepted",
    "amount",
    "answer",
    "answer_is",
    "at_least",
    "can",
    "cannot",
    "cluster_wide",
    "either",
    "fresh_namespace",
    "hide",
    "hiding_place",
    "hint",
    "http",
    "make_trouble",
    "names_all",
    "names_only",
    "namespaced",
    "pattern",
    "quota",
    "refused",
    "remove_namespace",
    "sample_pod",
    "service_account",
    "speak",
    "who_finds",
    "who_reaches",
]
