"""The sources of lessons and exercises, and the order in which they are taught."""

LESSONS = ("pods", "images", "services", "namespaces", "project")
