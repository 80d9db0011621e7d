# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""A network of the test's own, with as many IPv6 addresses as an attack needs. IPv4 has 127.0.0.N."""
import contextlib
import ctypes
import fcntl
import os
import socket
import struct

import pytest

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1 # linux/sockios.h, linux/if.h
LOOPBACK = 1 # the interface's number in every network


def own_call(result):
    if result != 0:
        pytest.skip(f"no network of our own: {os.strerror(ctypes.get_errno())}")


def set_up(addresses):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
        for address in addresses:
            fcntl.ioctl(control, SIOCSIFADDR, struct.pack(
                "16sIi", socket.inet_pton(socket.AF_INET6, address), 128, LOOPBACK))


@contextlib.contextmanager
def own_network(addresses):
    """This thread, and the processes and threads that it starts, are in a network that has loopback
    and these addresses and nothing else."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        own_call(libc.unshare(CLONE_NEWNET))
        try:
            set_up(addresses)
            yield
        finally:
            assert libc.setns(before, CLONE_NEWNET) == 0
    finally:
        os.close(before)
