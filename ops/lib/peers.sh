# The message brokers that `ops/bench --peers` measures beside Sasando: RabbitMQ and NATS JetStream, each in a folder
# and on ports of its own; the machine's own services of these names are left alone.
#
# Each of the three stores lies on a file system of its own, in a file on one disk (ext4 on a loop device). So the
# kernel counts the syncs of each apart, the detour costs all three the same, and NATS, which syncs by itself only
# every two minutes, can be made to write through (mount -o sync).

peer_needs=(
    'rabbitmq-server|/usr/lib/rabbitmq/bin/rabbitmq-server'
    'librabbitmq-dev|/usr/include/amqp.h'
    'nats-server|nats-server'
    'libnats-dev|/usr/include/nats/nats.h'
    'e2fsprogs|mkfs.ext4'
    'mount|losetup'
)
volume_megabytes=2048
declare -A volume_device=() peer_port=() peer_missing=()
peer_pids=()

# Mounts that nobody else sees: the kernel removes them with the last of our processes, however it ends.
enter_own_mounts() {
    [[ -z ${SASANDO_BENCH_MOUNTS:-} ]] || return 0
    if (( EUID == 0 )) && unshare --mount true 2> /dev/null; then
        SASANDO_BENCH_MOUNTS=own exec unshare --mount --propagation private -- "$0" "$@"
    fi
}

build_peers() {
    [[ -z ${SASANDO_BIN:-} ]] || return 0
    local log=$home/logs/build-peers.log
    progress 'Building the load generator for the brokers'
    if ! (cd "$root/Tests/Peers" && swift build -c release --scratch-path "$root/.build-peers") > "$log" 2>&1; then
        grep -E ': error:|^error' "$log" | sort -u | head -n 20 >&2 || tail -n 20 "$log" >&2
        die "the load generator for the brokers could not be built; the whole output: $log"
    fi
    clear_progress
}

# make_volumes: a volume for each store, or none and `no_volumes` says why.
make_volumes() {
    no_volumes=
    if [[ ${SASANDO_BENCH_MOUNTS:-} != own ]]; then
        no_volumes='loop mounts need root and a mount namespace'
        return
    fi
    progress 'Making a volume for each store'
    if ! { make_volume sasando "$home/postgres" noatime && make_volume rabbitmq "$home/peers/rabbitmq" noatime &&
        make_volume nats "$home/peers/nats" noatime,sync; }; then
        no_volumes="a loop mount failed: $(tail -n 1 "$home/logs/volumes.log")"
        volume_device=()
    fi
    sync
    clear_progress
}

# make_volume NAME FOLDER OPTIONS: the file is written out in full, so that no sync pays for its growth; past the page
# cache (direct I/O), so that a sync of the volume is one of the disk and nothing lies in memory twice.
make_volume() {
    local file=$home/volumes/$1.ext4 device
    mkdir -p "$home/volumes" "$2"
    {
        dd if=/dev/zero of="$file" bs=4M count=$(( volume_megabytes / 4 )) status=none conv=fsync &&
            mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$file" &&
            device=$(losetup --find --show --direct-io=on "$file") &&
            mount -o "$3" "$device" "$2" &&
            losetup --detach "$device"
    } 2>> "$home/logs/volumes.log" || return 1
    # Detached while mounted: the kernel frees it with the mount.
    volume_device[$1]=${device#/dev/}
}

start_peers() {
    mkdir -p "$home/peers/rabbitmq" "$home/peers/nats"
    progress 'Starting RabbitMQ and NATS'
    start_rabbitmq
    start_nats
    await_peer rabbitmq 60
    await_peer nats 10
    clear_progress
}

# start_peer NAME COMMAND...: ends with us, even when we are killed.
start_peer() {
    setsid setpriv --pdeathsig TERM -- "${@:2}" < /dev/null >> "$home/logs/$1.log" 2>&1 &
    peer_pids+=($!)
}

start_rabbitmq() {
    local folder=$home/peers/rabbitmq epmd_port distribution_port
    peer_port[rabbitmq]=$(free_port)
    epmd_port=$(free_port)
    distribution_port=$(free_port)
    mkdir -p "$folder/home" "$folder/data"
    printf '[].\n' > "$folder/plugins"
    cat > "$folder/rabbitmq.conf" <<END
listeners.tcp.1 = 127.0.0.1:${peer_port[rabbitmq]}
disk_free_limit.absolute = 50MB
log.file = false
log.console = true
log.console.level = warning
END
    # Erlang's name server: RabbitMQ would start one that outlives it.
    start_peer epmd epmd -port "$epmd_port" -address 127.0.0.1
    # RUNNING_UNDER_SYSTEMD makes the script give way to the broker, so that our signals reach it.
    start_peer rabbitmq env -i PATH="$PATH" LANG=C.UTF-8 HOME="$folder/home" RUNNING_UNDER_SYSTEMD=true \
        ERL_EPMD_PORT="$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_DIST_PORT="$distribution_port" \
        RABBITMQ_NODENAME=sasando-bench@localhost RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_MNESIA_BASE="$folder/data" \
        RABBITMQ_LOG_BASE="$folder" RABBITMQ_PID_FILE="$folder/pid" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        /usr/lib/rabbitmq/bin/rabbitmq-server
}

start_nats() {
    local folder=$home/peers/nats
    peer_port[nats]=$(free_port)
    cat > "$home/peers/nats.conf" <<END
host: 127.0.0.1
port: ${peer_port[nats]}
jetstream { store_dir: "$folder/data", max_file_store: 1500MB }
END
    start_peer nats nats-server --config "$home/peers/nats.conf"
}

# await_peer NAME SECONDS: until it takes connections; else it is missing from the comparison, which says so.
await_peer() {
    local deadline=$(( SECONDS + $2 ))
    until (exec {probe}<> "/dev/tcp/127.0.0.1/${peer_port[$1]}") 2> /dev/null; do
        if (( SECONDS >= deadline )); then
            peer_missing[$1]="it took no connection within $2 s: $(tail -n 1 "$home/logs/$1.log" | cut -c 1-200)"
            return
        fi
        sleep 0.1
    done
}

# What sasando-bench needs to know of them, as JSON.
write_peers() {
    {
        printf '{"volumes_missing": %s,\n' "$(json_text "$no_volumes")"
        printf ' "sasando": {"folder": "%s", "device": %s},\n' "$home/postgres" "$(json_text "${volume_device[sasando]:-}")"
        describe_peer rabbitmq "$(package_version rabbitmq-server)"
        printf ',\n'
        describe_peer nats "$(package_version nats-server)"
        printf '}\n'
    } > "$home/peers/peers.json"
}

describe_peer() {
    printf ' "%s": {"version": "%s", "port": %d, "device": %s, "missing": %s}' "$1" "$2" "${peer_port[$1]}" \
        "$(json_text "${volume_device[$1]:-}")" "$(json_text "${peer_missing[$1]:-}")"
}

package_version() {
    dpkg-query --show --showformat '${Version}' "$1" 2> /dev/null || printf unknown
}

# A JSON string, or null for nothing.
json_text() {
    [[ -n $1 ]] || { printf null; return; }
    printf '"%s"' "$(tr -d '\000-\037' <<< "$1" | sed 's/[\\"]/\\&/g')"
}

# Asks all to stop, waits 10 s at most, and removes their volumes.
stop_peers() {
    local pid folder deadline=$(( SECONDS + 10 ))
    (( ${#peer_pids[@]} == 0 )) || kill -TERM "${peer_pids[@]}" 2> /dev/null || true
    for pid in "${peer_pids[@]}"; do
        while kill -0 "$pid" 2> /dev/null && (( SECONDS < deadline )); do sleep 0.05; done
        kill -KILL "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
    done
    for folder in "$home/postgres" "$home/peers/rabbitmq" "$home/peers/nats"; do
        ! mountpoint --quiet "$folder" || umount "$folder" || umount --lazy "$folder" || true
    done
}
