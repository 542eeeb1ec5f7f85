# Every process has a keeper (keep.sh), which starts it again when it dies. The keepers end with us, and the processes
# with their keepers, even when ops/run itself is killed: the kernel sees to it (setpriv --pdeathsig).

declare -A keepers=()
exec {terminal}>&1
stopping=false

# keep NAME STOP_SIGNAL STOP_SECONDS COMMAND...: runs COMMAND for as long as we run.
keep() {
    local name=$1
    setsid setpriv --pdeathsig TERM -- \
        bash "$ops/lib/keep.sh" "$$" "$name" "$2" "$3" "$home" "${@:4}" < /dev/null &
    keepers[$name]=$!
}

# Stops the named ones together and waits; each keeper bounds the time that its process may take.
stop_kept() {
    local name pids=()
    for name in "$@"; do
        [[ -n ${keepers[$name]:-} ]] || continue
        pids+=("${keepers[$name]}")
        kill -TERM "${keepers[$name]}" 2> /dev/null || true
        unset "keepers[$name]"
    done
    for name in "${pids[@]}"; do
        while kill -0 "$name" 2> /dev/null; do wait "$name" || true; done
    done
}

is_kept() {
    [[ -n ${keepers[$1]:-} ]] && kill -0 "${keepers[$1]}" 2> /dev/null
}

# Front door first, so that nobody is let in any more; then the services; the store last.
stop_everything() {
    local status=$?
    trap '' TERM INT HUP
    trap - EXIT
    exec >&"$terminal"
    if (( ${#keepers[@]} > 0 )); then
        say 'Stopping'
        stop_kept caddy
        local name services=()
        for name in "${!keepers[@]}"; do
            [[ $name == postgres ]] || services+=("$name")
        done
        stop_kept "${services[@]}"
        stop_kept postgres
        say 'Sasando has stopped'
    fi
    release_ports
    exit "$status"
}

stop_on_signal() {
    stopping=true
    exit 0
}

# A keeper never ends by itself. If one was killed, its process is gone too and nobody starts it: then all stops.
watch_keepers() {
    local name
    while true; do
        wait -n || true
        for name in "${!keepers[@]}"; do
            is_kept "$name" || die "the keeper of $name is gone"
        done
    done
}

# wait_until SECONDS WHAT COMMAND...: until COMMAND succeeds, with a bound.
wait_until() {
    local deadline=$(( SECONDS + $1 )) what=$2
    shift 2
    until "$@"; do
        (( SECONDS < deadline )) || return 1
        nap 0.05
    done
}

# Sleeps so that a signal is heeded at once.
nap() {
    sleep "$1" &
    wait $! || true
}

# Shows the end of a process's log, for when it will not start.
show_log() {
    warn "The last lines of $home/logs/$1.log:"
    tail -n 12 "$home/logs/$1.log" | cut -c 1-400 >&2 || true
}
