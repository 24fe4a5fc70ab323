"""What people would rather look at than read: the course's landing page in JupyterLab."""

from __future__ import annotations

from course.views.start import start

__all__ = ["start"]
