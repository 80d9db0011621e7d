# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
#
# Shared by tests/fresh and tests/package: a bare Debian 12 made by debootstrap. Sourced by bash, after
# deploy/prepare.sh, from the top of the checkout.
#
# A machine is a folder, with process, mount and IPC namespaces of its own. With their first process they all
# end: whatever happens, nothing stays mounted and nothing stays running.

suite=bookworm

# --- outside of the namespaces -------------------------------------------------------------------

machine_folder='' machine=''
clean_up_machine()
{
    local tries
    trap '' INT TERM HUP
    if [[ -n $machine ]]; then
        kill -KILL -- "-$machine" && wait "$machine"
    fi 2>/dev/null
    [[ -n $machine_folder ]] || return
    if grep -qF " $machine_folder/" /proc/self/mounts; then # cannot be; but what is behind it is the host's
        say "something is mounted in $machine_folder, which is left as it is" >&2
        return
    fi
    for tries in {1..50}; do # its last processes may be ending
        rm -rf --one-file-system "$machine_folder" 2>/dev/null && return
        sleep 0.1
    done
    rm -rf --one-file-system "$machine_folder"
}

# run_machine PROGRAM ARGUMENT...: runs PROGRAM as process 1 of the namespaces, with an empty folder as its first
# argument, and exits with its exit code. Needs root.
run_machine()
{
    local code program=$1
    shift
    trap clean_up_machine EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    machine_folder=$(mktemp -d "${TMPDIR:-/var/tmp}/grisaille-machine.XXXXXX") || fail "no temporary folder"
    set -m # in the background of a script without it, SIGINT would be ignored for good
    unshare --mount --pid --ipc --fork --kill-child --propagation private \
        "$program" "$machine_folder" "$@" </dev/null &
    machine=$!
    set +m
    wait "$machine"
    code=$?
    machine=''
    exit "$code"
}

# --- inside --------------------------------------------------------------------------------------

# Debian's own among this host's sources, as apt itself reads them; of others a bare machine has no
# keys. Where there are none for it, Debian's address.
debian_sources()
{
    local sources
    sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | grep -E "^deb https?://[^ ]+ $suite" | sort -u)
    printf '%s\n' "${sources:-deb http://deb.debian.org/debian $suite main}"
}

# install_debian ROOT LOG: a minimal Debian, with this host's path to the network.
install_debian()
{
    local root=$1 log=$2 sources mirror http_proxy=${http_proxy-} https_proxy=${https_proxy-}
    sources=$(debian_sources)
    mirror=$(awk -v suite="$suite" '$3 == suite { print $2; exit }' <<<"$sources")
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    http_proxy=$http_proxy https_proxy=$https_proxy debootstrap --variant=minbase "$suite" "$root" \
        "${mirror:-http://deb.debian.org/debian}" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "debootstrap failed"
    }
    printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
    cp -RL /etc/apt/apt.conf.d "$root/etc/apt/"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    if grep -q https: "$root/etc/apt/sources.list"; then
        install -D -m 644 /etc/ssl/certs/ca-certificates.crt -t "$root/etc/ssl/certs"
    fi
}

# mount_kernel ROOT. The root is a mount, as on a machine: unshare(1) and others change the propagation of "/".
mount_kernel()
{
    local root=$1
    mount --bind "$root" "$root" &&
        mount -t proc proc "$root/proc" &&
        mount --rbind /sys "$root/sys" &&
        mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts" &&
        mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx" &&
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" || fail "mounting failed"
}

# git of this checkout, whoever owns it.
own_git()
{
    git -c safe.directory="$PWD" "$@"
}

# copy_commit FOLDER: what is committed.
copy_commit()
{
    [[ -z $(own_git status --porcelain) ]] || say "what is not committed is not tested" >&2
    mkdir -p "$1"
    own_git archive HEAD | tar -x -C "$1" || fail "git archive failed"
}

# set_inside NAME ROOT FOLDER [ARGUMENT OF chroot]...: makes the array NAME what comes before a command that runs
# in ROOT, in its FOLDER, with nothing of this environment but the path to the network.
set_inside()
{
    local -n prefix=$1
    prefix=(chroot "${@:4}" "$2" /usr/bin/env -i -C "$3" HOME=/root TERM=dumb CI="${CI-}"
        ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"}
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
}
