"""What people would rather look at than read: the course's landing page, and live pictures of the cluster."""

from __future__ import annotations

from course.views.live import (
    ClusterMap,
    Heartbeats,
    NodeImages,
    PodLife,
    QuotaGauges,
    ServicePicture,
)
from course.views.start import start

__all__ = [
    "ClusterMap",
    "Heartbeats",
    "NodeImages",
    "PodLife",
    "QuotaGauges",
    "ServicePicture",
    "start",
]
