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
from course.checks.archive import ImageArchive, give_archive
from course.checks.choice import answer_is, names_all, names_only
from course.checks.commands import does, steps
from course.checks.config_files import HostsFile, RegistriesFile
from course.checks.crowd import Crowd, make_crowd
from course.checks.failure import CheckFailed
from course.checks.hiding import hide, hiding_place
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
from course.checks.inside import who_finds, who_reaches
from course.checks.laggard import Laggard, make_laggard
from course.checks.match import Predicate, at_least, either, pattern
from course.checks.namespace import fresh_namespace, remove_namespace
from course.checks.objects import Object
from course.checks.pods import pod_with
from course.checks.quantity import amount
from course.checks.quota import accepted, quota, refused, sample_pod
from course.checks.reach import from_pod
from course.checks.rights import ANONYMOUS, Subject, can, cannot, service_account
from course.checks.scope import cluster_wide, namespaced
from course.checks.scorecard import Scorecard
from course.checks.service import Service
from course.checks.trouble import Trouble, make_trouble
from course.checks.values import exactly, is_mapping, says, value
from course.language import speak

__all__ = [
    "ANONYMOUS",
    "CheckFailed",
    "Crowd",
    "HostsFile",
    "ImageArchive",
    "ImageTrouble",
    "Laggard",
    "Object",
    "Predicate",
    "RegistriesFile",
    "Scorecard",
    "Service",
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
    "did_not_pull",
    "digest_of",
    "does",
    "either",
    "exactly",
    "fresh_namespace",
    "from_pod",
    "give_archive",
    "hide",
    "hiding_place",
    "hint",
    "http",
    "is_mapping",
    "make_crowd",
    "make_image_trouble",
    "make_laggard",
    "make_trouble",
    "named",
    "names_all",
    "names_only",
    "namespaced",
    "pattern",
    "pod_with",
    "quota",
    "refused",
    "remove_namespace",
    "runs_digest",
    "sample_pod",
    "says",
    "service_account",
    "speak",
    "steps",
    "value",
    "who_finds",
    "who_reaches",
]
