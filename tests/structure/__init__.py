# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What holds for the tree as it is written: who includes whom, names, words, formatting."""
