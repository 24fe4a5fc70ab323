"""The sources of lessons and exercises, and the order in which they are taught."""

LESSONS = ("pods", "images", "services", "namespaces", "project")
START = "start"
"""The page that JupyterLab opens first: content/start/start.py, and start.ipynb beside the lessons' folders."""
