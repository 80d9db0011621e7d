# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The service tests' fixtures, and the table of all attacks at the end."""
import os

import pytest

from attacks.table import HEADINGS
from service.conftest import fleet, nothing_wrong, own # fixtures: used by their names
from support.watching import write_table

__all__ = ["fleet", "nothing_wrong", "own"]

LONG = os.environ.get("GRISAILLE_LONG") == "1"
SECONDS = 30 if LONG else 1.2 # what an attack lasts
TABLE = pytest.StashKey()


def pytest_configure(config):
    config.stash[TABLE] = []


def pytest_terminal_summary(terminalreporter, config):
    write_table(terminalreporter, "attacks: an honest client before > beside", HEADINGS,
                config.stash[TABLE])


@pytest.fixture
def add_row(request):
    """Adds a row to the table."""
    return request.config.stash[TABLE].append
