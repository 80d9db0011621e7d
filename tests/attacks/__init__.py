# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""One client, or one worker, against all others: what an honest client notices of it."""
