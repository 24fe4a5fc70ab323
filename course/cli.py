"""The `lab` commands: a thin layer over the library. Imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from course import cli_hub, cli_kit, cli_teacher
from course.cluster import DEFAULT_NAME, KINDS
from course.errors import LabError, UsageError


class _Lab(click.Group):
    """Turns errors into a line for a person and exit code 1; `--debug` shows the traceback too."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that the line names."""
        try:
            return super().invoke(ctx)
        except LabError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"ERROR: {error}", err=True)
            ctx.exit(1)
        except OSError as error:
            import errno

            if ctx.params.get("debug") or error.errno not in (
                errno.ENOSPC,
                errno.EDQUOT,
                errno.EACCES,
            ):
                raise
            click.echo(f"ERROR: {error.strerror}: {error.filename or 'the disk'}", err=True)
            click.echo(
                "Free some space, or mend the permissions, and run the command again.", err=True
            )
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("\nInterrupted; what was started here has been ended.", err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of their use, not of the alphabet."""
        return list(self.commands)


@click.group(cls=_Lab, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show Python's traceback with an error.")
@click.version_option(package_name="kubelab", version="0.1.0", prog_name="lab")
@click.pass_context
def lab(ctx: click.Context, debug: bool) -> None:
    """Kubelab: a Kubernetes course in Jupyter notebooks, on a real cluster.

    The cluster needs no Docker and no root.

    Begin with: ./lab start
    """
    if ctx.invoked_subcommand not in ("kit", "test"):
        cli_kit.use_last()


_name = click.option(
    "--name", default=lambda: os.environ.get("KUBELAB_CLUSTER") or DEFAULT_NAME, metavar="NAME",
    help=f"The cluster's name.  [default: {DEFAULT_NAME}]",
)  # fmt: skip
_cluster = click.option(
    "--cluster", "kind", type=click.Choice(KINDS), callback=lambda _context, _option, value: value or "",
    help="Where the cluster comes from.  [default: embedded, or what the one of that name is]",
)  # fmt: skip
_nodes = click.option(
    "--nodes", default=1, type=click.IntRange(1, 100), show_default=True, metavar="N",
    help="How many machines the cluster has.",
)  # fmt: skip
_lang = cli_teacher.lang
_kit = click.option(
    "--kit", "_kit", metavar="FOLDER", expose_value=False,
    callback=lambda _context, _option, value: cli_kit.use(value),
    help="Take all from a kit (`lab kit build`), and nothing from the internet.",
)  # fmt: skip


@lab.command(context_settings={"allow_interspersed_args": False})
@_name
@_cluster
@_kit
@_nodes
@_lang
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT",
              help="JupyterLab's port; 0: any free one.  [default: 8888 or the next free]")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def start(
    name: str, kind: str, nodes: int, lang: str, port: int | None, no_browser: bool, command: tuple[str, ...]
) -> None:  # fmt: skip
    """Start a cluster and JupyterLab on the lessons; Ctrl-C ends both.

    Builds what is missing first. A cluster that runs already (from `lab up`) is used, and left running.

    With a COMMAND, that is the notebook server, as Binder and JupyterHub need it.

    Example: ./lab start -- jupyter notebook
    """
    import shutil

    from course import jupyter

    if command:
        if not shutil.which(command[0]):
            raise UsageError(
                f"there is no command {command[0]!r} on PATH to start as notebook server."
            )
        sys.exit(jupyter.start_command(name, nodes, kind, command))
    sys.exit(jupyter.start(name, nodes, kind, lang, port, browser=not no_browser))


@lab.command()
@_name
@_cluster
@_kit
@_nodes
def up(name: str, kind: str, nodes: int) -> None:
    """Start a cluster and return when a pod can run on it.

    Does nothing where it runs already. Use it with `lab shell`, and end it with `lab down`.
    """
    from course import launching

    cluster, started = launching.start(name, nodes, kind)
    if not started:
        click.echo(f"The cluster {name!r} runs already.")
    click.echo(f"Use it: ./lab shell, or export KUBECONFIG={cluster.kubeconfig}")


@lab.command()
@_name
def down(name: str) -> None:
    """End a cluster and remove it; its logs stay."""
    from course import cluster as clusters

    cluster = clusters.get(name)
    if cluster.delete():
        click.echo(f"The cluster {name!r} is gone; its logs are in {cluster.logs}.")
    else:
        click.echo(f"There is no cluster {name!r}; nothing to do.")


@lab.command()
@_name
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(name: str, as_json: bool) -> None:
    """Say how a cluster is, and this session's memory; the exit code is 0 when the cluster is ready, else 3."""
    from course import cluster, memory

    found, session = cluster.get(name).status(), memory.read()
    if as_json:
        import json

        click.echo(json.dumps({**found.as_dict(), "memory": session.as_dict()}, indent=2))
    else:
        click.echo(
            f"cluster {name}: {found.state}" + (f" ({found.message})" if found.message else "")
        )
        if found.kubeconfig:
            click.echo(f"kubeconfig {found.kubeconfig}")
        for node in found.nodes:
            click.echo(f"node {node.name} {node.address}: {'Ready' if node.ready else 'not ready'}")
        for part in found.components:
            error = f", last error: {part.last_error}" if part.last_error else ""
            click.echo(
                f"  {part.name:20} {part.state:8} pid {part.pid}, {part.restarts} restarts{error}"
            )
        click.echo(f"memory {session}")
    if session.short:
        click.echo(f"WARNING: {session.warning()}", err=True)
    sys.exit(0 if found.state == "ready" else 3)


@lab.command()
@_name
def reset(name: str) -> None:
    """Bring a cluster back to what it was when new."""
    from course import cluster as clusters
    from course import server
    from course.errors import UsageError

    cluster = clusters.get(name)
    if server.running(cluster):
        raise UsageError(
            f"JupyterLab runs inside the cluster {name!r} and would end with it.",
            "End `lab start` with Ctrl-C and start it again: that gives a new cluster.",
        )
    cluster.reset()
    click.echo(f"The cluster {name!r} is as new.")


@lab.command()
def doctor() -> None:
    """Look at this machine: what it has of what the lab needs, and what to do about the rest."""
    from course import doctor as doctors

    sys.exit(doctors.show())


@lab.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_name
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def shell(name: str, command: tuple[str, ...]) -> None:
    """Run a COMMAND, or a shell, inside the cluster's network with KUBECONFIG set.

    Example: ./lab shell -- curl http://10.244.0.2
    """
    from course import cluster

    found = cluster.get(name)
    argv = list(command) or [os.environ.get("SHELL") or "/bin/sh"]
    launch = found.shell_argv(argv)
    sys.stdout.flush()
    try:
        os.execvpe(launch[0], launch, os.environ | found.env())  # noqa: S606 - the very purpose
    except FileNotFoundError:
        raise UsageError(f"there is no command {launch[0]!r} on PATH.") from None


@lab.command()
@_name
@_cluster
@_kit
@_lang
@click.option("--timeout", default=300, type=click.IntRange(1), show_default=True, metavar="S",
              help="Seconds that one cell may take.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Keep the executed notebooks there.")  # fmt: skip
@click.argument("lesson", nargs=-1)
def run(
    name: str, kind: str, lang: str, timeout: int, output: Path | None, lesson: tuple[str, ...]
) -> None:
    """Execute the LESSONs, all by default, and show which passed.

    Uses the cluster of that name if it runs, else a temporary one. Exit code 1 when a lesson failed.
    """
    from course import run as runs

    sys.exit(runs.run(name, lang, lesson, timeout, output, kind))


lab.add_command(cli_teacher.syllabus)
lab.add_command(cli_teacher.release)
lab.add_command(cli_kit.kit)
lab.add_command(cli_hub.hub)


def _usual_jobs() -> int:
    from grader import pool

    return pool.usual_jobs()


@lab.command()
@click.option("--jobs", default=_usual_jobs, type=click.IntRange(1, 64), metavar="N",
              help="How many submissions are executed at once, each with half a GB for its cluster.  "
              "[default: two a processor, or as many as there is memory for]")  # fmt: skip
@click.option("--isolation", default="sandbox", type=click.Choice(["sandbox", "none"]), show_default=True,
              help="What stands between the students' code and you.")  # fmt: skip
@click.option("--again", is_flag=True, help="Grade all again, not only what is new or has changed.")
@click.option("--cluster", default=KINDS[0], type=click.Choice(KINDS), show_default=True,
              help="Where the clusters come from. On kind, each submission has a new one, and no sandbox.")  # fmt: skip
@click.option("--no-cluster", is_flag=True, help="For assignments that need no cluster.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE",
              help="A value for the parameters cell, as JSON or text, instead of the course's.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def grade(
    jobs: int, isolation: str, again: bool, cluster: str, no_cluster: bool, values: tuple[str, ...], as_json: bool,
    folder: Path,
) -> None:  # fmt: skip
    """Grade the submissions in FOLDER, a course folder as nbgrader has it.

    They are FOLDER/submitted/STUDENT/ASSIGNMENT/*.ipynb; the scores go to FOLDER/gradebook.db, reports to
    FOLDER/reports. A run that was ended goes on where it was. Exit code 1 when a submission could not be
    graded.
    """
    from grader import console

    sys.exit(
        console.grade(
            folder, jobs=jobs, isolation=isolation, again=again, cluster="" if no_cluster else cluster,
            parameters=console.parameters(values), as_json=as_json,
        )
    )  # fmt: skip


@lab.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(pytest_arguments: tuple[str, ...]) -> None:
    """Run every check of this repository; with arguments, only pytest with these."""
    from course import selftest

    sys.exit(selftest.test(pytest_arguments))


@lab.group()
def bench() -> None:
    """Measure the figures that the README gives."""


@bench.command("cluster")
@click.option(
    "--runs", default=10, type=click.IntRange(1), show_default=True, help="How many clusters."
)
@click.option(
    "--cluster",
    "kinds",
    type=click.Choice(["embedded", "kind"]),
    multiple=True,
    default=["embedded"],
    show_default=True,
    help="Which kind of cluster; twice: both, in turns.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def bench_cluster(runs: int, kinds: tuple[str, ...], as_json: bool) -> None:
    """How fast a cluster starts, runs a pod and ends, and what it costs; exit code 1 on a missed aim."""
    from course.bench import cluster

    sys.exit(cluster.bench(runs, kinds, as_json=as_json))


@bench.command("grade")
@click.option("--count", default=12, type=click.IntRange(1), show_default=True, metavar="N",
              help="How many submissions.")  # fmt: skip
@click.option("--jobs", default=_usual_jobs, type=click.IntRange(1), metavar="N",
              help="How many are executed at once.  [default: as of `lab grade`]")  # fmt: skip
@click.option("--resets", default=10, type=click.IntRange(1), show_default=True, metavar="N",
              help="How many resets are measured.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def bench_grade(count: int, jobs: int, resets: int, as_json: bool) -> None:
    """How fast submissions are graded, beside nbgrader alone; exit code 1 where the reset misses its aim."""
    from grader import bench

    sys.exit(bench.bench(count, jobs, resets, as_json=as_json))


@bench.command("views")
@click.option("--pods", default=500, type=click.IntRange(1), show_default=True, metavar="N",
              help="How many Pods the map shows.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def bench_views(pods: int, as_json: bool) -> None:
    """How fast the live map of the cluster is with many Pods, and what it costs its kernel."""
    from course.bench import views

    sys.exit(views.bench(pods, as_json=as_json))


@bench.command("fidelity")
@click.option("--write", is_flag=True, help="Write the table to course/bench/FIDELITY.md.")
@click.argument("area", nargs=-1)
def bench_fidelity(write: bool, area: tuple[str, ...]) -> None:
    """Whether the embedded cluster behaves as kind does; exit code 1 on a difference that is not explained.

    All AREAs by default: pods, probes, volumes, streams, services, namespaces, workloads.
    """
    from course.bench import fidelity

    sys.exit(fidelity.bench(area, write=write))


@lab.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; exit code 1 when a notebook is not as its source."
)
def build(check: bool) -> None:
    """Make the notebooks from their sources in course/content/."""
    from course import build as builds

    sys.exit(builds.main(["--check"] if check else []))


def main() -> None:
    """The entry point of `lab`."""
    from course import signals

    signals.end_by_interrupt()
    lab(prog_name="lab")
