# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The service tests' fixtures, and the table of all attacks at the end."""
import os

import pytest

from attacks.table import HEADINGS
from service.conftest import fleet, nothing_wrong, own # fixtures: used by their names
from support.programs import LONG
from support.watching import Table, note_row

__all__ = ["fleet", "nothing_wrong", "own"]

SECONDS = float(os.environ.get("GRISAILLE_ATTACK_SECONDS", 30 if LONG else 1.2)) # what an attack lasts


def pytest_configure(config):
    config.pluginmanager.register(Table("attacks", "attacks: an honest client before > beside", HEADINGS))


@pytest.fixture
def add_row(request):
    """Adds a row to the table."""
    return lambda row: note_row(request, "attacks", row)
