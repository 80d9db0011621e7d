# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
#
# Shared by ./start, ./check and ./bench: the packages and the builds. Sourced by bash, from the top
# of the checkout.

# Debian's programs, not another python or meson that comes first on the caller's PATH.
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

# The packages that the given users ("start", "check") need and that are not installed. Of A|B, where
# neither is installed, A.
missing_packages()
{
    local user packages
    for user in "$@"; do
        awk -v user="$user" '$1 == user { print $2 }' deploy/packages.txt
    done | while read -r packages; do
        dpkg-query -W -f '${db:Status-Status}\n' ${packages//|/ } 2>/dev/null | grep -qx installed ||
            printf '%s\n' "${packages%%|*}"
    done
}

# Uses the network only if something is missing, so that a second run is quick.
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

# remove_other_compiler DIRECTORY: meson never changes the compiler of a build directory. One that
# was set up here with another CC is made anew.
remove_other_compiler()
{
    local before
    [[ -f $1/compiler ]] || return 0
    before=$(<"$1/compiler")
    [[ $before == "${CC-}" ]] && return
    say "$1 is of ${before:-the default compiler}: it is built anew"
    rm -rf "$1"
}

# set_up DIRECTORY [MESON OPTION]...: does nothing if an earlier set-up came to its end.
set_up()
{
    remove_other_compiler "$1"
    [[ ! -f $1/build.ninja ]] || return 0
    rm -rf "$1/meson-private" # an interrupted set-up, which meson would take for a complete one
    meson setup "$@" || fail "meson setup $1 failed"
    printf '%s\n' "${CC-}" >"$1/compiler"
}

# build_programs DIRECTORY: the programs alone, also in a directory with tests.
build_programs()
{
    set_up "$1" -Dtests=disabled
    ninja -C "$1" "${programs[@]}" || fail "the build in $1 failed"
}

# set_up_tests DIRECTORY [MESON OPTION]...: also if ./start has set it up without tests.
set_up_tests()
{
    remove_other_compiler "$1"
    if [[ -f $1/build.ninja ]]; then # with other options, or before packages were installed
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
    remove_other_compiler "$1"
    ninja -C "$1" -t query test-programs >/dev/null 2>&1 || set_up_tests "$@"
    ninja -C "$1" "${programs[@]}" test-programs || fail "the build in $1 failed"
}
