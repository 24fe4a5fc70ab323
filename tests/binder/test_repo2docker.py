"""repo2docker builds from binder/, in the order that the emulated session follows (tests/binder/image.py).

repo2docker itself writes the Dockerfile; to build it takes Docker Hub and conda-forge.
"""

from __future__ import annotations

import re
import sys

import pytest
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks import BuildPack

from course import paths


@pytest.fixture
def pack(monkeypatch: pytest.MonkeyPatch) -> BuildPack:
    """The first of repo2docker's build packs that finds the repository to be its own."""
    monkeypatch.chdir(paths.ROOT)
    app = Repo2Docker()
    for kind in app.buildpacks:
        found = kind(app.base_image)
        if found.detect():
            found.platform = "linux/amd64"
            return found
    pytest.fail("no build pack of repo2docker takes the repository")


def test_it_reads_binder_and_no_environment_of_the_root(pack: BuildPack) -> None:
    assert type(pack).__name__ == "CondaBuildPack"
    assert pack.binder_dir == "binder"
    assert pack.binder_path("environment.yml") == "binder/environment.yml"
    assert pack.python_version == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_the_lock_file_is_there_when_the_environment_is_made(pack: BuildPack) -> None:
    # Else it would copy environment.yml alone, and pip would not find ../requirements.lock.
    assert pack._should_preassemble_env is False


def test_the_dockerfile_has_the_steps_of_the_emulated_session_in_their_order(
    pack: BuildPack,
) -> None:
    steps = [
        r"apt-get install --yes --no-install-recommends curl proot",
        r"^COPY --chown=1000:1000 src/ \$\{REPO_DIR\}/$",
        r"^USER \$\{NB_USER\}$",
        r'env update -p \$\{NB_PYTHON_PREFIX\} --file "binder/environment.yml"',
        r"^RUN \./binder/postBuild$",
        r'^ENV R2D_ENTRYPOINT="?\$\{REPO_DIR\}/binder/start"?$',
        r'^ENTRYPOINT \["/usr/local/bin/repo2docker-entrypoint"\]$',
    ]
    dockerfile, at = pack.render({}), 0
    for step in steps:
        found = re.compile(step, re.MULTILINE).search(dockerfile, at)
        assert found, f"{step} does not come after what stands before it in:\n{dockerfile}"
        at = found.end()
