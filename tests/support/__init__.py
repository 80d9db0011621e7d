# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What the service tests stand on: the programs, clients for them, and judges of images."""
