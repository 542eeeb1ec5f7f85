# Installs from Debian what is missing. Each requirement is "package|what proves that it is there": a path, a pattern
# of paths, or a command. Nothing is asked of apt when everything is there.

running_needs=(
    'ca-certificates|/etc/ssl/certs/ca-certificates.crt'
    'curl|curl'
    'openssl|openssl'
    'caddy|caddy'
    'util-linux|setpriv'
    'libjs-leaflet|/usr/share/javascript/leaflet/leaflet.min.js'
    'libcurl4|/usr/lib/*/libcurl.so.4'
    'libpq5|/usr/lib/*/libpq.so.5'
    'libqrencode4|/usr/lib/*/libqrencode.so.4'
    'libxml2|/usr/lib/*/libxml2.so.2'
    'libzmq5|/usr/lib/*/libzmq.so.5'
    'libvips42|/usr/lib/*/libvips.so.42'
    'tzdata|/usr/share/zoneinfo/Asia/Makassar'
)
store_needs=(
    'postgresql-15|/usr/lib/postgresql/*/bin/initdb'
    'postgresql-15-postgis-3|/usr/share/postgresql/*/extension/postgis.control'
)
# What the Swift toolchain itself needs to run and to link comes first.
building_needs=(
    'git|git'
    'libncurses6|/usr/lib/*/libncurses.so.6'
    'libsqlite3-0|/usr/lib/*/libsqlite3.so.0'
    'libxml2|/usr/lib/*/libxml2.so.2'
    'libcurl4|/usr/lib/*/libcurl.so.4'
    'libcurl4-openssl-dev|/usr/include/*/curl/curl.h'
    'libqrencode-dev|/usr/include/qrencode.h'
    'libxml2-dev|/usr/include/libxml2/libxml/xmlwriter.h'
    'binutils|ld.gold'
    'pkg-config|pkg-config'
    'libvips-dev|/usr/include/vips/vips.h'
    'libc6-dev|/usr/include/stdio.h'
    'libstdc++-12-dev|/usr/include/c++/*/string'
    'libpq-dev|/usr/include/postgresql/libpq-fe.h'
    'libzmq3-dev|/usr/include/zmq.h'
    'zlib1g-dev|/usr/include/zlib.h'
)

install_for_running() {
    local needs=("${running_needs[@]}")
    [[ -n ${SASANDO_DATABASE_URL:-} ]] || needs+=("${store_needs[@]}")
    [[ -n ${SASANDO_BIN:-} ]] || needs+=("${building_needs[@]}")
    install_missing "${needs[@]}"
    [[ -n ${SASANDO_BIN:-} ]] || find_swift
}

is_there() {
    if [[ $1 == /* ]]; then
        compgen -G "$1" > /dev/null
    else
        PATH=$PATH:/usr/sbin:/sbin command -v "$1" > /dev/null
    fi
}

install_missing() {
    local need missing=()
    for need in "$@"; do
        is_there "${need#*|}" || missing+=("${need%%|*}")
    done
    (( ${#missing[@]} > 0 )) || return 0

    command -v apt-get > /dev/null || die "these are missing, and only Debian's apt-get is known here: ${missing[*]}"
    local as_root=()
    if (( EUID != 0 )); then
        command -v sudo > /dev/null || die "please install, as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    progress "Installing from Debian: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! apt_install "${missing[@]}" > "$log" 2>&1; then
        tail -n 15 "$log" >&2
        die "apt-get could not install: ${missing[*]} (the whole output: $log)"
    fi
    rm -f "$log"
    clear_progress
}

# install_python FOLDER NAME==VERSION…: puts them into FOLDER, without what they depend on: that is Debian's, or not
# needed by what tests use of them.
install_python() {
    local folder=$1 package missing=()
    for package in "${@:2}"; do
        [[ -e $folder/$(tr - _ <<< "${package%%==*}")-${package##*==}.dist-info ]] || missing+=("$package")
    done
    (( ${#missing[@]} > 0 )) || return 0
    progress "Installing from Python's package index: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target "$folder" \
        "${missing[@]}" > "$log" 2>&1; then
        tail -n 15 "$log" >&2
        die "pip could not install: ${missing[*]} (the whole output: $log)"
    fi
    rm -f "$log"
    clear_progress
}

# Debian starts a daemon as soon as it is installed, and makes a database cluster. Sasando runs its own of both, so
# neither is wanted: a policy forbids the start while we install, and no cluster is made.
apt_install() {
    local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.d/sasando.conf own_policy=false
    local daemon new_daemons=()
    for daemon in caddy prometheus rabbitmq-server nats-server; do
        [[ " $* " != *" $daemon "* ]] || new_daemons+=("$daemon.service")
    done
    # Erlang's name server comes with RabbitMQ.
    [[ " $* " != *' rabbitmq-server '* ]] || is_there epmd || new_daemons+=(epmd.service epmd.socket)
    if [[ ! -e $policy ]]; then
        own_policy=true
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
        "${as_root[@]}" chmod 0755 "$policy"
    fi
    if [[ " $* " == *' postgresql-15 '* ]]; then
        "${as_root[@]}" mkdir -p "${cluster%/*}"
        printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$cluster" > /dev/null
    fi
    local result=0
    {
        "${as_root[@]}" apt-get update -q &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends "$@"
    } || result=$?
    $own_policy && "${as_root[@]}" rm -f "$policy"
    if (( ${#new_daemons[@]} > 0 )) && command -v systemctl > /dev/null; then
        "${as_root[@]}" systemctl disable --quiet "${new_daemons[@]}" || true
    fi
    return "$result"
}

# A Swift toolchain is the one thing that Debian has not got.
find_swift() {
    local folder
    if ! command -v swift > /dev/null; then
        for folder in /opt/swift/usr/bin "${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}" /usr/share/swift/usr/bin; do
            if [[ -x $folder/swift ]]; then
                PATH=$folder:$PATH
                break
            fi
        done
    fi
    command -v swift > /dev/null ||
        die 'no Swift toolchain was found: install Swift 6.2 or later (https://www.swift.org/install/linux/) and have swift on PATH'
    local version
    version=$(swift --version 2>&1 || true)
    [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || die "swift does not run: $version"
    (( BASH_REMATCH[1] > 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 2) )) ||
        die "Swift ${BASH_REMATCH[1]}.${BASH_REMATCH[2]} is too old: 6.2 or later is needed"
}
