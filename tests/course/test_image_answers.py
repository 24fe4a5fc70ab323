"""Answers about images that are data: commands, registries' files, an archive, values."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from course import checks
from course.checks import CheckFailed, commands

Put = Callable[[Any], str]


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a value into the student's variable `given`."""

    def into_the_namespace(value: Any) -> str:
        monkeypatch.setattr(sys.modules["__main__"], "given", value, raising=False)
        return "given"

    return into_the_namespace


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("docker save -o a.tar team/app:1", ("save", "", "a.tar", ("team/app:1",))),
        ("docker image save --output=/x/a.tar app", ("save", "", "a.tar", ("app",))),
        ("docker save app > a.tar", ("save", "", "a.tar", ("app",))),
        ("sudo ctr -n k8s.io images import /tmp/a.tar", ("import", "k8s.io", "a.tar", ())),
        ("k3s ctr --namespace=k8s.io i import a.tar", ("import", "k8s.io", "a.tar", ())),
        ("CONTAINERD_NAMESPACE=k8s.io ctr image import a.tar", ("import", "k8s.io", "a.tar", ())),
        ("ctr -a /run/x.sock images import a.tar", ("import", "default", "a.tar", ())),
        (
            "ctr -n x images export a.tar docker.io/t/a:1 --platform linux/amd64",
            ("export", "x", "a.tar", ("docker.io/t/a:1",)),
        ),
        ("crictl images", ("list", "k8s.io", "", ())),
        ("ctr images ls", ("list", "default", "", ())),
        ("scp a.tar node:", ("", "", "", ())),
    ],
)
def test_a_command_is_read_as_its_program_reads_it(words: str, step: tuple[Any, ...]) -> None:
    found = commands.of(words.split())
    assert (found.does, found.place, found.archive, found.images) == step
    assert not found.wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ctr images import -n k8s.io a.tar", "before its subcommand"),
        ("crictl load a.tar", "crictl has no load"),
        ("docker export -o a.tar box", "an image is saved by docker save"),
        ("docker save app", "needs a file"),
        ("ctr images load a.tar", "no subcommand load"),
    ],
)
def test_a_command_that_its_program_refuses_is_told(put: Put, words: str, said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        checks.steps(put([words]))


def test_the_order_of_commands_counts(put: Put) -> None:
    name = put(["ctr -n k8s.io images import a.tar", ["docker", "save", "-o", "a.tar", "app"]])
    checks.does(name, "import", archive="a.tar")
    with pytest.raises(CheckFailed, match="behind one that does “save”"):
        checks.does(name, "import", after_step="save")


@pytest.mark.parametrize("value", ["ctr images ls", [], [[]], [[1]], ["'"]])
def test_what_is_no_list_of_commands_is_told(put: Put, value: Any) -> None:
    with pytest.raises(CheckFailed, match="command"):
        checks.steps(put(value))


REGISTRIES = """
mirrors:
  docker.io: {endpoint: ["http://m:5000/", "https://other"]}
configs:
  "r:443": {tls: {ca_file: /ca.pem}}
"""


def test_a_registries_yaml_is_judged_by_what_it_means(put: Put) -> None:
    file = checks.RegistriesFile(put(REGISTRIES))
    file.sends("docker.io", to="http://m:5000")
    file.trusts("r:443", ca_file="/ca.pem")
    with pytest.raises(CheckFailed, match="first endpoint"):
        file.sends("docker.io", to="https://other")
    with pytest.raises(CheckFailed, match="a mirror of quay"):
        file.sends("quay.io", to="http://m:5000")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mirrors: [", "expected YAML"),
        ("a: 2020-99-99", "expected YAML"),
        ("just words", "with keys below it"),
        ("mirror: {}", "to have only configs, mirrors"),
        ("mirrors: {docker.io: {endpoints: []}}", "to have only endpoint, rewrite"),
        ("mirrors: {docker.io: {endpoint: http://m}}", "to be a list"),
        ("mirrors: [a]", "with keys below it"),
        ("configs: [a]", "with keys below it"),
        ("configs: {x: {tls: [1]}}", "configs.x.tls with keys below it"),
    ],
)
def test_a_registries_yaml_that_k3s_refuses_is_told(put: Put, text: str, said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        checks.RegistriesFile(put(text)).is_valid()


PULL = frozenset({"pull", "resolve"})
HOSTS = """
server = "registry-1.docker.io"
[host."https://m:5000"]
  capabilities = ["resolve", "pull"]
  skip_verify = true
"""


def test_a_hosts_toml_is_judged_by_what_it_means(put: Put) -> None:
    file = checks.HostsFile(put(HOSTS))
    file.falls_back_to("https://registry-1.docker.io")
    file.asks("https://m:5000", capabilities=PULL, skip_verify=True)
    with pytest.raises(CheckFailed, match="skip_verify = false"):
        file.asks("https://m:5000", capabilities=PULL, skip_verify=False)
    with pytest.raises(CheckFailed, match="a table"):
        file.asks("http://m:5000", capabilities=PULL, skip_verify=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b", "expected TOML"),
        ('[host."https://m"]\nserver = "x"', "server stands above the first"),
        ('[host."https://m"]\ncapabilities = ["read"]', "capabilities among"),
        ('[host."https://m"]\nskip = true', "to have only"),
        ('[host]\n"https://m" = 1', "with keys below it"),
    ],
)
def test_a_hosts_toml_that_containerd_refuses_is_told(put: Put, text: str, said: str) -> None:
    with pytest.raises(CheckFailed, match=said):
        checks.HostsFile(put(text)).is_valid()


def test_odd_data_in_a_file_is_an_answer_that_is_wrong(put: Put) -> None:
    odd = "mirrors: {docker.io: {endpoint: []}}\nconfigs: {x: }"
    with pytest.raises(CheckFailed):
        checks.RegistriesFile(put(odd)).sends("docker.io", to="http://m")
    with pytest.raises(CheckFailed):
        checks.RegistriesFile(put(odd)).trusts("x", ca_file="/ca")
    with pytest.raises(CheckFailed):
        bracket = "mirrors: {docker.io: {endpoint: ['http://[m']}}"
        checks.RegistriesFile(put(bracket)).sends("docker.io", to="http://m")
    with pytest.raises(CheckFailed):
        checks.HostsFile(put('host = "x"')).asks("https://m", capabilities=PULL, skip_verify=True)
    with pytest.raises(CheckFailed):
        nested = '[host."https://m"]\ncapabilities = [["pull"]]'
        checks.HostsFile(put(nested)).is_valid()


def test_a_value_is_compared_with_its_type(put: Put) -> None:
    name = put({"a": 1, "list": ["x", "y"], "yes": True})
    checks.says(name, "a", wanted=1)
    checks.says(name, "list", wanted=checks.exactly("y", "x"))
    for keys, wanted in ((("a",), True), (("yes",), 1), (("list",), ["y", "x"]), (("a",), "1")):
        with pytest.raises(CheckFailed, match="expected"):
            checks.says(name, *keys, wanted=wanted)
    with pytest.raises(CheckFailed, match=r"given\['b'\]"):
        checks.says(name, "b", wanted=1)
    with pytest.raises(CheckFailed, match="a dictionary"):
        checks.is_mapping(put([1]), "a")


def test_an_archive_is_one_that_docker_would_load_and_differs_by_its_seed() -> None:
    image = checks.ImageArchive.of(5)
    assert image == checks.ImageArchive.of(5)
    assert len({checks.ImageArchive.of(seed).tag for seed in range(20)}) > 10
    with tarfile.open(fileobj=io.BytesIO(image.as_tar())) as tar:

        def document(path: str) -> Any:
            member = tar.extractfile(path)
            assert member is not None
            return json.load(member)

        (docker,) = document("manifest.json")
        config = document(docker["Config"])
        assert docker["RepoTags"] == [image.tag]
        assert len(docker["Layers"]) == len(config["rootfs"]["diff_ids"]) == image.layers
        assert set(docker["Layers"]) <= set(tar.getnames())
        assert tuple(config["config"]["Entrypoint"] + config["config"]["Cmd"]) == image.command
        (described,) = document("index.json")["manifests"]
        assert "blobs/" + described["digest"].replace(":", "/") in tar.getnames()


def test_three_pods_have_three_faults() -> None:
    for seed in range(10):
        trouble = checks.ImageTrouble.of(seed)
        assert len(set(trouble.faults.values())) == len(trouble.faults) == 3
        assert len(trouble.asked) == 1
