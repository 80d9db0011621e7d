#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
# Writes docs/configuration.md, the defaults in config/, and between its two marks each table in
# docs/http.md and docs/operations.md: update_docs.sh PRINTER SOURCE_ROOT
set -eu
"$1" document >"$2/docs/configuration.md"
"$1" gateway >"$2/config/gateway.json"
"$1" scale >"$2/config/scale.json"

written=$(mktemp)
trap 'rm -f "$written"' EXIT

# insert TABLE FILE
insert()
{
    "$printer" "$1" | awk -v name="$1" '
        NR == FNR { table = table $0 "\n"; next }
        $0 ~ "^<!-- end of " name { skip = 0 }
        !skip { print }
        $0 ~ "^<!-- " name { printf "%s", table; skip = 1 }
    ' - "$2" >"$written"
    cat "$written" >"$2"
}
printer=$1
insert parameters "$2/docs/http.md"
insert problems "$2/docs/http.md"
insert metrics "$2/docs/operations.md"
