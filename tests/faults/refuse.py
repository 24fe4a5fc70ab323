"""Runs a command to which the kernel refuses user namespaces, as a default Docker container does.

Usage: python -m tests.faults.refuse COMMAND ARGUMENTS…
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

_CLONE_NEWUSER = 0x10000000
_EPERM, _ENOSYS = 1, 38
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2  # prctl(2), seccomp(2)
_NUMBERS = {"x86_64": (272, 56, 435), "aarch64": (97, 220, 435)}  # unshare, clone, clone3

_LOAD, _EQUAL, _ANY_OF, _RETURN = 0x20, 0x15, 0x45, 0x06  # bpf_common.h
_NUMBER_AT, _FIRST_ARGUMENT_AT = 0, 16  # struct seccomp_data
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def _program() -> bytes:
    unshare, clone, clone3 = _NUMBERS[platform.machine()]
    steps = [
        (_LOAD, 0, 0, _NUMBER_AT),
        (_EQUAL, 4, 0, clone3),
        (_EQUAL, 1, 0, unshare),
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_ANY_OF, 1, 2, _CLONE_NEWUSER),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),  # its flags are in memory, which a filter cannot read
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def refuse_user_namespaces() -> None:
    """Does it to this process and its children, for good."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]

    code = _program()
    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(code) // 8, code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")


if __name__ == "__main__":
    refuse_user_namespaces()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the very purpose
