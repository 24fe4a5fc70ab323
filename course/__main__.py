"""`python -m course` is the `lab` command."""

import signal

# Until the command looks after its end itself there is nothing to end but this process.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from course.cli import main  # noqa: E402 - importing takes a moment, in which Ctrl-C must not print a traceback

if __name__ == "__main__":
    main()
