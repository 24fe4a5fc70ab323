# What attacks share. It goes, as a cell of the student's own, before the first answer of a case.
# The tell-tale words are put together at run time: a traceback that shows a source must not look like a
# success. Between @ signs stand values that the suite knows: see `tests.hostile.handin`.
import contextlib
import os
import subprocess
import sys
import time

HOST = {"pid": "@pid@", "net": "@net@", "user": "@user@", "mnt": "@mnt@", "ipc": "@ipc@"}
PORT = int("@port@")
MARK = "@mark@"
CANARY = "@yranac@"[::-1]
WORDS = [CANARY, "STSET NEDDIH"[::-1], "YEK ETAVIRP NIGEB-"[::-1], "nimda-setenrebuk"[::-1]]
WORDS += ["YEK ETAVIRP ASR NIGEB"[::-1], "YEK ETAVIRP CE NIGEB"[::-1]]
_out = sys.stdout


def _say(drow, what):
    print(drow[::-1] + ":" + " ".join(str(what).split())[:300], flush=True)


def gained(what):
    _say("DENIAG", what)


def leak(what):
    _say("KAEL", what)


def attacked(what=""):
    _say("DEKCATTA", what)


def apart(kind):
    """Whether this namespace is another than the machine's own."""
    return os.readlink(f"/proc/self/ns/{kind}") != HOST[kind]  # noqa: PTH115


def sh(*argv, stdin="", seconds=6.0):
    """(status, words) of a command."""
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=seconds, errors="replace"
        )
    except (OSError, subprocess.SubprocessError) as problem:
        return 99, str(problem)
    return done.returncode, done.stdout + done.stderr


def k(*argv, stdin="", seconds=6.0):
    return sh("kubectl", *argv, stdin=stdin, seconds=seconds)


def allowed(what, *argv, stdin=""):
    """A kubectl command that must be refused."""
    status, words = k(*argv, stdin=stdin)
    if status == 0:
        gained(f"{what}: {words}")
    return status == 0


def pod(name="evil", **spec):
    """A Pod as kubectl reads it."""
    import json

    one = {"name": "c", "image": "busybox:1.35", "command": ["sleep", "600"]}
    one |= spec.pop("container", {})
    metadata = {"name": name, "namespace": namespace}  # noqa: F821 - the exercise's parameter
    whole = {"terminationGracePeriodSeconds": 0, "containers": [one], **spec}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": whole})


def quiet(function, *arguments):
    with contextlib.suppress(Exception):
        return function(*arguments)


def settle(seconds):
    time.sleep(seconds)


def hold_in_children(count, size):
    """Returns once so many children hold so many bytes each; the watchdog looks meanwhile, five times a second."""
    there, full = os.pipe()
    for _ in range(count):
        if os.fork() == 0:
            held = b"m" * size  # noqa: F841 - it is held
            os.write(full, b".")
            time.sleep(30)
            os._exit(0)
    os.close(full)
    for _ in range(count):
        os.read(there, 1)
