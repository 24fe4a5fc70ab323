"""Pictures of the cluster that are drawn anew whenever what they show changes."""

from __future__ import annotations

from course.views.live.cluster_map import ClusterMap
from course.views.live.heartbeats import Heartbeats
from course.views.live.node_images import NodeImages
from course.views.live.pod_life import PodLife
from course.views.live.quota_gauges import QuotaGauges
from course.views.live.service_picture import ServicePicture

__all__ = ["ClusterMap", "Heartbeats", "NodeImages", "PodLife", "QuotaGauges", "ServicePicture"]
