# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
#
# Shared by ./start and ./check: the packages and the builds. Sourced by bash, from the top of the
# checkout.

# Debian's programs, whatever is first on the caller's PATH (another python, another meson).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

say()
{
    printf '%s: %s\n' "${0##*/}" "$*"
}

fail()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The packages that the given users ("start", "check") need and that are not installed.
missing_packages()
{
    local user package
    for user in "$@"; do
        awk -v user="$user" '$1 == user { print $2 }' deploy/packages.txt
    done | while read -r package; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            printf '%s\n' "$package"
    done
}

installed_some=false

# Asks the network only where something is missing, so that a second run is quick.
install_packages()
{
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) && return
    installed_some=true
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "run as root, or install sudo, or: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update || fail "apt-get update failed"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        --no-install-recommends install "${missing[@]}" || fail "apt-get install failed"
}

# build DIRECTORY [MESON OPTION]...: sets it up the first time, compiles what has changed.
build()
{
    local directory=$1
    shift
    if [[ ! -f $directory/build.ninja ]]; then
        meson setup "$directory" "$@" || fail "meson setup $directory failed"
    elif $installed_some; then # what an earlier run could not build may be possible now
        meson setup --reconfigure "$directory" "$@" || fail "meson setup $directory failed"
    fi
    ninja -C "$directory" || fail "the build in $directory failed"
}
