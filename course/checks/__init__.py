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

from course import checks
from course.checks.answers import answer
from course.checks.archive import ImageArchive, give_archive
from course.checks.commands import does, steps
from course.checks.config_files import HostsFile, RegistriesFile
from course.checks.failure import CheckFailed
from course.checks.hints import hint
from course.checks.http import http
from course.checks.images import (
    ImageTrouble,
    did_not_pull,
    digest_of,
    make_image_trouble,
    named,
    runs_digest,
)
from course.checks.match import Predicate, at_least, either, pattern
from course.checks.namespace import fresh_namespace
from course.checks.objects import Object
from course.checks.scorecard import Scorecard
from course.checks.service import Service
from course.checks.trouble import Trouble, make_trouble
from course.checks.values import exactly, is_mapping, says, value
from course.language import speak

__all__ = [
    "CheckFailed",
    "HostsFile",
    "ImageArchive",
    "ImageTrouble",
    "Object",
    "Predicate",
    "RegistriesFile",
    "Scorecard",
    "Service",
    "Trouble",
    "answer",
    "at_least",
    "checks",
    "did_not_pull",
    "digest_of",
    "does",
    "either",
    "exactly",
    "fresh_namespace",
    "give_archive",
    "hint",
    "http",
    "is_mapping",
    "make_image_trouble",
    "make_trouble",
    "named",
    "pattern",
    "runs_digest",
    "says",
    "speak",
    "steps",
    "value",
]
