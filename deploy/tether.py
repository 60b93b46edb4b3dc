"""Becomes a command that does not outlive its parent: asks the kernel for a signal at the parent's end, which stays asked over exec.

Run as a script, with nothing of ours imported: it must be quick, and `preexec_fn` is not safe in a process that has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: str, sign: str, *command: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign))
    # it may have ended before we asked
    if os.getppid() == int(parent):
        os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
