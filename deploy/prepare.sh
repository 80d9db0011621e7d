# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
#
# Shared by ./start, ./check and ./bench: the packages and the builds. Sourced by bash, from the top
# of the checkout.

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

# Asks the network only where something is missing, so that a second run is quick.
install_packages()
{
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) && return
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "run as root, or install sudo, or: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update || fail "apt-get update failed"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        --no-install-recommends install "${missing[@]}" || fail "apt-get install failed"
}

# The four programs: what ./start builds.
programs=(services/{gateway/grisaille-gateway,gray/grisaille-gray,scale/grisaille-scale,scale/grisaille-scale-worker})

# set_up DIRECTORY [MESON OPTION]...: for the first time, or for the first time to the end.
set_up()
{
    [[ ! -f $1/build.ninja ]] || return 0
    rm -rf "$1/meson-private" # of a set-up that was interrupted, which meson would take for done
    meson setup "$@" || fail "meson setup $1 failed"
}

# build_programs DIRECTORY: no tests, whatever else the directory is set up for.
build_programs()
{
    set_up "$1" -Dtests=disabled
    ninja -C "$1" "${programs[@]}" || fail "the build in $1 failed"
}

# set_up_tests DIRECTORY [MESON OPTION]...: also where ./start set it up, without tests.
set_up_tests()
{
    if [[ -f $1/build.ninja ]]; then # what an earlier run could not or should not build
        meson setup --reconfigure "$@" -Dtests=enabled || fail "meson setup $1 failed"
    fi
    set_up "$@" -Dtests=enabled
}

# build DIRECTORY [MESON OPTION]...: everything, tests as well.
build()
{
    set_up_tests "$@"
    ninja -C "$1" || fail "the build in $1 failed"
}

# build_test_programs DIRECTORY [MESON OPTION]...: our programs and those that pytest's tests start.
build_test_programs()
{
    ninja -C "$1" -t query test-programs >/dev/null 2>&1 || set_up_tests "$@"
    ninja -C "$1" "${programs[@]}" test-programs || fail "the build in $1 failed"
}
