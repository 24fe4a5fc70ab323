"""Limits the process and all that it starts, then becomes a command: `python -I -S confine.py JSON COMMAND…`

JSON: {"rlimits": {"NOFILE": n, …}, "nice": n}. It runs before the wall is made and imports nothing but the
standard library, so that it costs little.

The system calls that are refused hold memory that belongs to no process (so that nobody could count it),
or reach into other processes or the kernel; a notebook has no use for any of them.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import resource
import struct
import sys

# Numbers of system calls: (x86_64, aarch64), from the kernel's tables.
_REFUSED = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "msgget": (68, 186),
    "perf_event_open": (298, 241),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "semget": (64, 190),
    "shmget": (29, 194),
    "userfaultfd": (323, 282),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000  # the first number of x86_64's other table
# linux/filter.h, linux/seccomp.h, linux/prctl.h
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2


def program(machine: str) -> bytes:
    """The filter as the kernel takes it, for a machine as `uname -m` names it."""
    column, architecture = _ARCHITECTURES[machine]
    refuse = _ERRNO | errno.EPERM
    numbers = [pair[column] for pair in _REFUSED.values()]
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    steps += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, refuse)]
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def refuse_calls() -> None:
    """Install the filter; it can never be taken off again."""
    code = program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, header, 0, 0)):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "no system call filter can be installed")


def main() -> None:
    """Confine this process, then become the command."""
    options = json.loads(sys.argv[1])
    for name, value in options["rlimits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    os.nice(options["nice"])
    refuse_calls()
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the very purpose


if __name__ == "__main__":
    main()
