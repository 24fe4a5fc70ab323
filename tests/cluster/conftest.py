from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import Kube

_numbers = itertools.count(1)


@pytest.fixture
def kube(cluster: Any) -> Iterator[Kube]:
    """kubectl in a namespace that the test has to itself, gone after it."""
    name = f"test-{next(_numbers)}"
    kube = Kube(cluster.env(), name, cluster.shell_argv)
    kube.run("create", "namespace", name)
    kube.wait("jsonpath={.metadata.name}=default", "serviceaccount/default")
    yield kube
    kube.run("delete", "namespace", name, "--wait=false")
