"""Pictures of the cluster that are drawn anew whenever what they show changes."""

from __future__ import annotations

from course.views.live.cluster_map import ClusterMap

__all__ = ["ClusterMap"]
