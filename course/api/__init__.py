"""The cluster's API as checks and views need it: objects, and watches that go on after the cluster was lost."""

from __future__ import annotations

from course.api.client import ApiError
from course.api.informer import Informer, Source, State
from course.api.objects import get, get_all, watch
from course.api.shared import Informers

__all__ = ["ApiError", "Informer", "Informers", "Source", "State", "get", "get_all", "watch"]
