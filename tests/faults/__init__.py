# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Faults on purpose: what the system does while something is wrong with it."""
