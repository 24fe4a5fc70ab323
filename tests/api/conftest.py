"""A namespace of a cluster that this process's own kubeconfig leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import Kube, namespace_of_its_own


@pytest.fixture
def kube(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kube]:
    """A namespace; this process has the cluster's kubeconfig."""
    for name, value in cluster.env().items():
        monkeypatch.setenv(name, value)
    with namespace_of_its_own(cluster) as kube:
        yield kube
