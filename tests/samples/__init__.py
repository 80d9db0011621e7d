# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Test images, made when a test asks for them: nothing binary lies in the repository."""
