from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.kube import Kube

_numbers = itertools.count(1)


@pytest.fixture
def kube(cluster: Any) -> Iterator[Kube]:
    """kubectl in a namespace that the test has to itself, gone after it."""
    with _namespace(cluster) as kube:
        yield kube


@pytest.fixture(scope="module")
def module_kube(cluster: Any) -> Iterator[Kube]:
    """kubectl in a namespace that the tests of a file share, gone after them."""
    with _namespace(cluster) as kube:
        yield kube


@contextlib.contextmanager
def _namespace(cluster: Any) -> Iterator[Kube]:
    name = f"test-{next(_numbers)}"
    kube = Kube(cluster.env(), name, cluster.shell_argv)
    kube.run("create", "namespace", name)
    kube.wait("create", "serviceaccount/default")
    yield kube
    kube.run("delete", "namespace", name, "--wait=false")
