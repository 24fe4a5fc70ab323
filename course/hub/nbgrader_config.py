"""nbgrader's configuration in every user's server: ngshare is the exchange."""

import os

import ngshare_exchange

c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.CourseDirectory.course_id = "kubelab"
ngshare_exchange.configureExchange(c, os.environ["KUBELAB_EXCHANGE"])
