#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
# Writes docs/configuration.md and the defaults in config/: update_docs.sh PRINTER SOURCE_ROOT
set -eu
"$1" document >"$2/docs/configuration.md"
"$1" gateway >"$2/config/gateway.json"
"$1" scale >"$2/config/scale.json"
