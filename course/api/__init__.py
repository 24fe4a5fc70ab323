"""The cluster's API as views need it: lists, and watches that go on after the cluster was lost."""

from __future__ import annotations

from course.api.informer import Informer, Source, State
from course.api.shared import Informers

__all__ = ["Informer", "Informers", "Source", "State"]
