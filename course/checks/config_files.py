"""A node's configuration of registries, written down as text and judged by what it means.

registries.yaml is K3s's (https://docs.k3s.io/installation/private-registry), hosts.toml is containerd's
(https://github.com/containerd/containerd/blob/main/docs/hosts.md).
"""

from __future__ import annotations

import tomllib
from typing import Any
from urllib.parse import urlsplit

import yaml

from course.checks.answers import answer
from course.checks.failure import CheckFailed
from course.checks.match import show
from course.language import _

_MIRROR = frozenset({"endpoint", "rewrite"})
_CONFIG = frozenset({"auth", "tls"})
_HOST = frozenset(
    {"capabilities", "ca", "client", "skip_verify", "header", "override_path", "dial_timeout"}
)
_CAPABILITIES = frozenset({"pull", "resolve", "push", "referrers"})


class _File:
    """A text in a student's variable."""

    kind = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return _("{file} in {name}", file=self.kind, name=self.name)

    def _text(self) -> str:
        text = answer(self.name)
        if not isinstance(text, str) or not text.strip():
            raise CheckFailed(str(self), _("a text"), show(text), look=f"print({self.name})")
        return text

    def _no(self, expected: str, found: Any, cause: str = "") -> CheckFailed:
        return CheckFailed(str(self), expected, show(found), cause, f"print({self.name})")

    def _table(self, where: str, table: Any) -> dict[str, Any]:
        """What is there, when it has keys; nothing at all counts as no keys."""
        if not isinstance(table, dict | None):
            raise self._no(_("{place} with keys below it", place=where), table)
        return {str(key): value for key, value in (table or {}).items()}

    def _known(self, where: str, table: Any, keys: frozenset[str]) -> dict[str, Any]:
        found = self._table(where, table)
        for key in found:
            if key not in keys:
                expected = _(
                    "{place} to have only {keys}", place=where, keys=", ".join(sorted(keys))
                )
                raise self._no(expected, key)
        return found


class RegistriesFile(_File):
    """A registries.yaml in a student's variable.

    Args:
        name: the variable.
    """

    kind = "registries.yaml"

    def is_valid(self) -> dict[str, Any]:
        """K3s can read it, and it has no key that K3s does not know; returns what it holds."""
        try:
            data = yaml.safe_load(self._text())
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            raise self._no("YAML", " ".join(str(problem).split())) from None
        whole = self._known(_("the file"), data, frozenset({"mirrors", "configs"}))
        whole = {key: self._table(key, value) for key, value in whole.items()}
        for registry, mirror in whole.get("mirrors", {}).items():
            endpoint = self._known(f"mirrors.{registry}", mirror, _MIRROR).get("endpoint")
            if not isinstance(endpoint, list) or not all(isinstance(one, str) for one in endpoint):
                cause = _("a mirror may have several endpoints: each begins with a hyphen")
                expected = _("{place} to be a list", place=f"mirrors.{registry}.endpoint")
                raise self._no(expected, endpoint, cause)
        for registry, config in whole.get("configs", {}).items():
            for key, value in self._known(f"configs.{registry}", config, _CONFIG).items():
                self._table(f"configs.{registry}.{key}", value)
        return whole

    def sends(self, registry: str, *, to: str) -> None:
        """The first endpoint that is asked for the registry's images is this one."""
        mirrors = self.is_valid().get("mirrors", {})
        if registry not in mirrors:
            cause = _(
                "an image such as nginx:1.22 is {registry}'s: that is the key K3s looks for",
                registry=registry,
            )
            raise self._no(
                _("a mirror of {registry}", registry=registry), sorted(mirrors) or None, cause
            )
        endpoints = mirrors[registry]["endpoint"]
        if not endpoints or _address(endpoints[0]) != _address(to):
            cause = _scheme_cause(endpoints[0], to) if endpoints else ""
            expected = _("{url} as the first endpoint of {registry}", url=to, registry=registry)
            raise self._no(expected, endpoints or None, cause)

    def trusts(self, host: str, *, ca_file: str) -> None:
        """The host's certificate is verified, by this file's authority."""
        configs = self.is_valid().get("configs", {})
        if host not in configs:
            cause = _(
                "the key is the host and its port, as an image's name has it, without a scheme"
            )
            raise self._no(
                _("a configuration of {host}", host=host), sorted(configs) or None, cause
            )
        tls = (configs[host] or {}).get("tls") or {}
        if tls.get("ca_file") != ca_file:
            raise self._no(f"configs.{host}.tls.ca_file = {ca_file}", tls.get("ca_file"))
        if tls.get("insecure_skip_verify"):
            cause = _("without verification, whoever stands in between can give you any image")
            raise self._no(_("the certificate to be verified"), "insecure_skip_verify", cause)


class HostsFile(_File):
    """A hosts.toml in a student's variable.

    Args:
        name: the variable.
    """

    kind = "hosts.toml"

    def is_valid(self) -> dict[str, Any]:
        """containerd can read it; returns what it holds."""
        try:
            data = tomllib.loads(self._text())
        except (tomllib.TOMLDecodeError, RecursionError) as problem:
            raise self._no("TOML", str(problem)) from None
        for host, table in self._hosts(data).items():
            if isinstance(table, dict) and "server" in table:
                cause = _(
                    "in TOML what stands below a [table] belongs to it: server stands above the first"
                )
                raise self._no(
                    _("server at the top of the file"),
                    _("server inside {table}", table=f'[host."{host}"]'),
                    cause,
                )
            capabilities = self._known(f'[host."{host}"]', table, _HOST).get("capabilities", [])
            if not isinstance(capabilities, list) or any(
                one not in _CAPABILITIES for one in map(str, capabilities)
            ):
                raise self._no(
                    _("capabilities among {names}", names=", ".join(sorted(_CAPABILITIES))),
                    capabilities,
                )
        return data

    def falls_back_to(self, *urls: str) -> None:
        """Where no host of the file has an image, one of these is asked for it."""
        server = self.is_valid().get("server")
        if not isinstance(server, str) or _address(server) not in {_address(url) for url in urls}:
            raise self._no(f"server = {urls[0]}", server)

    def asks(self, url: str, *, capabilities: frozenset[str], skip_verify: bool) -> None:
        """The host is asked for just this, its certificate verified or not."""
        data = self.is_valid()
        hosts = {_address(host): table for host, table in self._hosts(data).items()}
        if _address(url) not in hosts:
            there = sorted(self._hosts(data)) or None
            raise self._no(
                _("a table {table}", table=f'[host."{url}"]'), there, _scheme_cause(str(there), url)
            )
        table = hosts[_address(url)]
        given = set(table.get("capabilities", _CAPABILITIES - {"referrers"}))
        if given - {"referrers"} != capabilities:
            raise self._no(
                _("the capabilities {names}", names=", ".join(sorted(capabilities))), sorted(given)
            )
        if bool(table.get("skip_verify", False)) is not skip_verify:
            cause = ""
            if skip_verify and data.get("skip_verify"):
                cause = _("at the top of the file it is said of the server, not of the mirror")
            raise self._no(
                _("skip_verify = {value} for {url}", value=str(skip_verify).lower(), url=url),
                table,
                cause,
            )

    def _hosts(self, data: dict[str, Any]) -> dict[str, Any]:
        return self._table("host", data.get("host"))


def _address(url: str) -> tuple[str, str, str]:
    """The parts of an address that count; without a scheme, it is https."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
    except ValueError:
        return "", url, ""
    return parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/")


def _scheme_cause(found: str, wanted: str) -> str:
    scheme, host, _path = _address(wanted)
    if host in found.lower() and not found.startswith(f"{scheme}://"):
        return _(
            "the mirror speaks {scheme}; an address without a scheme counts as https", scheme=scheme
        )
    return ""
