"""JupyterHub's configuration on one machine: copy it into the hub's folder and change what is yours."""

from course.hub import settings

c = get_config()  # type: ignore[name-defined]  # noqa: F821
settings.apply(c, hub="/opt/kubelab-hub", teachers={"teacher"}, idle=3600)

c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.Authenticator.allow_all = True  # every user of this machine, by its password
