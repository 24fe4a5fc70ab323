"""A namespace of a cluster that this process's own kubeconfig leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import Kube, namespace_for_this_process


@pytest.fixture
def kube(cluster: Any) -> Iterator[Kube]:
    """A namespace; this process has the cluster's kubeconfig."""
    with namespace_for_this_process(cluster) as kube:
        yield kube
