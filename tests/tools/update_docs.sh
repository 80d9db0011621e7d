#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
# Writes docs/configuration.md, the defaults in config/, and the parameters between their two marks in
# docs/http.md: update_docs.sh PRINTER SOURCE_ROOT
set -eu
"$1" document >"$2/docs/configuration.md"
"$1" gateway >"$2/config/gateway.json"
"$1" scale >"$2/config/scale.json"

written=$(mktemp)
trap 'rm -f "$written"' EXIT
"$1" parameters | awk '
    NR == FNR { table = table $0 "\n"; next }
    /^<!-- end of parameters/ { skip = 0 }
    !skip { print }
    /^<!-- parameters/ { printf "%s", table; skip = 1 }
' - "$2/docs/http.md" >"$written"
cat "$written" >"$2/docs/http.md"
