"""What stands between a student's code and everything else.

`sandbox` is the outer wall: one submission's cluster, its kernels and its files, with loopback only.
`student` is the wall inside it, around the student's kernel. `watchdog` holds both to their limits.
"""
