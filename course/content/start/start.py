# ---
# jupyter:
#   jupytext:
#     cell_markers: '"""'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] id="start-title"
"""
# Kubelab

Kubernetes on a real cluster, yours alone. Run the cell below with <kbd>Shift</kbd>+<kbd>Enter</kbd>: it shows the
lessons and how far you are, the state of your cluster, and how to start over.

Work through a lesson first, then solve its exercise. What counts here is what you have saved.
"""

# %% id="start-page"
from course import checks, views

checks.speak("en")
views.start()
