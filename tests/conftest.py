# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What holds for every test."""
import signal

# Programs inherit that a signal is ignored, and bash cannot even undo it: under nohup, or in the
# background of a script, tests of these signals would find them without effect.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT
                      else signal.SIG_DFL)


def pytest_addoption(parser):
    parser.addoption("--named", help="only tests with this text in their path and name")


def pytest_collection_modifyitems(config, items):
    """As -k, but literally: a parameter's name is no expression."""
    named = config.getoption("--named")
    if named:
        chosen = [item for item in items if named in item.nodeid.lower()]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
