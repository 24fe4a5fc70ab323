"""Kubelab on JupyterHub: JUPYTERHUB.md is its page."""
