from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import Kube, namespace_of_its_own


@pytest.fixture
def kube(cluster: Any) -> Iterator[Kube]:
    """kubectl in a namespace that the test has to itself, gone after it."""
    with namespace_of_its_own(cluster) as kube:
        yield kube


@pytest.fixture(scope="module")
def module_kube(cluster: Any) -> Iterator[Kube]:
    """kubectl in a namespace that the tests of a file share, gone after them."""
    with namespace_of_its_own(cluster) as kube:
        yield kube
