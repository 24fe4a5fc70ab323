"""Commands on the nodes of a cluster: where they run, and the tools that are there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from course.cluster.embedded import Embedded
from course.errors import UsageError
from tests.node.conftest import On

pytestmark = pytest.mark.cluster

NGINX = "docker.io/library/nginx:1.22"
BUSYBOX = "docker.io/library/busybox:1.35"


def test_a_command_runs_on_the_node_that_is_named(two: Embedded, on: On) -> None:
    assert on("hostname").stdout == "two-control-plane\n"
    for node in ("two-worker", "172.18.0.3"):
        assert on("hostname", node=node).stdout == "two-worker\n"
    with pytest.raises(UsageError, match="has no node 'third'; it has: two-control-plane"):
        two.node_run("third", ["true"])


def test_input_output_and_exit_code_are_the_commands(on: On) -> None:
    done = on("sh -c 'read x; echo out $x; echo err >&2; exit 7'", "words\n", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "out words\n", "err\n")


def test_nodes_have_files_of_their_own(on: On) -> None:
    on("mkdir -p /etc/rancher/test")
    on("tee /etc/rancher/test/file", "of the first\n")
    assert on("cat /etc/rancher/test/file").stdout == "of the first\n"
    assert on("cat /etc/rancher/test/file", node="two-worker", check=False).returncode == 1
    on("rm -r /etc/rancher/test")


def test_a_process_in_the_clusters_network_reaches_nodes_too(two: Embedded) -> None:
    script = (
        "from course import cluster; print(cluster.current().node_run('', ['hostname']).stdout)"
    )
    done = subprocess.run(
        two.shell_argv([sys.executable, "-c", script]),
        env=os.environ | two.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "two-control-plane", done.stderr


def test_crictl_has_the_real_ones_columns(on: On) -> None:
    assert on(f"crictl pull {NGINX}").stdout.startswith("Image is up to date for sha256:")
    header, *rows = [line.split() for line in on("crictl images").stdout.splitlines()]
    assert header == ["IMAGE", "TAG", "IMAGE", "ID", "SIZE"]
    assert ["docker.io/library/nginx", "1.22"] in [row[:2] for row in rows]
    assert on("crictl ps").stdout.split()[:5] == ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME"]
    assert "Deleted: " + NGINX in on(f"crictl rmi {NGINX}").stdout
    gone = on(f"crictl rmi {NGINX}", check=False)
    assert gone.returncode == 1
    assert "no such image" in gone.stderr


def test_what_a_tool_lacks_it_says_by_name(on: On) -> None:
    said = on("crictl stats", check=False)
    assert said.returncode == 1
    assert 'crictl has no command "stats"' in said.stderr
    assert 'ctr images has no command "push"' in on("ctr images push x", check=False).stderr


def test_an_image_goes_out_to_a_file_and_comes_back_into_the_right_namespace(on: On) -> None:
    on(f"crictl pull {BUSYBOX}")
    assert BUSYBOX in on("ctr -n k8s.io images ls -q").stdout
    assert BUSYBOX not in on("ctr images ls -q").stdout
    on(f"ctr -n k8s.io images export /media/usb/b.tar {BUSYBOX}")
    names = on("tar -tf /media/usb/b.tar").stdout.split()
    assert {"index.json", "manifest.json", "oci-layout"} < set(names)
    on(f"crictl rmi {BUSYBOX}")
    on("ctr images import /media/usb/b.tar")
    assert on("ctr images ls -q").stdout.split() == [BUSYBOX]
    assert "busybox" not in on("crictl images").stdout
    on("ctr -n k8s.io images import /media/usb/b.tar")
    assert "busybox" in on("crictl images").stdout
    on(f"ctr images rm {BUSYBOX}")
    assert not on("ctr images ls -q").stdout


def test_another_platform_is_refused(on: On) -> None:
    on(f"crictl pull {BUSYBOX}")
    said = on(f"ctr -n k8s.io images export --platform linux/s390x - {BUSYBOX}", check=False)
    assert said.returncode == 1
    assert "no match for platform" in said.stderr
