"""Catalogues of translations: a lesson's texts, keyed by cell, and the package's own messages.

`python -m course.catalogue update [LESSON …]` brings the files up to date with the English texts; the build
puts a lesson's translations into its notebooks, and refuses what is missing or stale.

A lesson's entries have a context (msgctxt): `lesson/CELL`, `exercise/CELL` or `hints/TASK`.
"""

from __future__ import annotations

from course.catalogue.apply import in_language, translate
from course.catalogue.faults import faults_of
from course.catalogue.messages import Message

__all__ = ["Message", "faults_of", "in_language", "translate"]
