"""Which kinds live in namespaces and which are the whole cluster's, as the API itself lists them."""

from __future__ import annotations

from course import kubectl


def namespaced() -> frozenset[str]:
    """The kinds whose objects are in a namespace: `pods`, `deployments.apps`, …"""
    return _listed("--namespaced=true")


def cluster_wide() -> frozenset[str]:
    """The kinds whose objects are in none: `nodes`, `storageclasses.storage.k8s.io`, …"""
    return _listed("--namespaced=false")


def _listed(which: str) -> frozenset[str]:
    done = kubectl.run(["api-resources", which, "--output", "name"]).check()
    return frozenset(done.stdout.split())
