"""The magics themselves, each a thin layer over the file of its subject."""

from __future__ import annotations

from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from course.language import _
from course.magics import running
from course.magics.line import USAGE, USAGE_OF_NODE, MagicError, expand, parse


@magics_class
class LabMagics(Magics):  # type: ignore[misc]
    """The lab's magics."""

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def kubectl(self, line: str, cell: str | None = None) -> None:
        """Run kubectl. As a cell magic, the rest of the cell is what the command reads (with -i)."""
        options, words = parse(line, self.shell.user_ns)
        if not words:
            raise MagicError(_("Which command?") + f"\n%kubectl {_(USAGE)}")
        stdin = expand(cell or "", self.shell.user_ns, strict=False)
        running.finish(options, running.run("kubectl", words, options, stdin), self.shell.user_ns)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def node(self, line: str, cell: str | None = None) -> None:
        """Run a command on a machine of the cluster, the first one or that of --on.

        As a cell magic, the rest of the cell is what the command reads.
        """
        options, words = parse(line, self.shell.user_ns, "node")
        if not words:
            raise MagicError(_("Which command?") + f"\n%node {_(USAGE) + _(USAGE_OF_NODE)}")
        stdin = expand(cell or "", self.shell.user_ns, strict=False)
        if there := running.on_node(options.node, words):
            done = running.run(there[0], there[1:], options, stdin, called=words)
        else:
            done = running.run(words[0], words[1:], options, stdin)
        running.finish(options, done, self.shell.user_ns)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def apply(self, line: str, cell: str | None = None) -> None:
        """Send the cell's YAML to the cluster: `kubectl apply -f -`, with {variables} put in.

        The line takes kubectl apply's options, `--namespace` above all. What changed is shown as a diff.
        """
        if cell is None:
            raise MagicError(
                _("Begin the cell with %%apply (two signs): the YAML is the rest of the cell.")
            )
        if not any(row.strip() and not row.strip().startswith("#") for row in cell.splitlines()):
            raise MagicError(
                _("There is nothing to apply: the cell holds no YAML below its first line.")
            )
        options, words = parse(line, self.shell.user_ns)
        manifest = expand(cell, self.shell.user_ns)
        from course.magics import changes

        before = changes.look(words, manifest)
        done = running.run("kubectl", ["apply", *words, "--filename", "-"], options, manifest)
        changes.show(before, done.stdout, words, manifest)
        running.finish(options, done, self.shell.user_ns, manifest)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def watch(self, line: str) -> None:
        """Follow objects as a table that changes with them: `%watch pods -n demo`, `%watch deploy,pods`.

        The line is that of `kubectl get`. Stop ends it, and so does running its cell again. Where no person sits
        before the notebook, it is `kubectl get --watch` with its deadline.
        """
        from course.magics import watch

        watch.start(line, self.shell)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def events(self, line: str) -> None:
        """Show the events of an object or of a namespace, oldest first: `%events pod/web -n demo`."""
        from course.magics import events

        events.show(line, self.shell.user_ns)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def explain(self, line: str) -> None:
        """Show what a kind of objects or one of its fields means: `%explain pod.spec.containers`."""
        from course.magics import explain

        explain.show(line, self.shell.user_ns)
