# Loopback ports for this stack, and the locks that keep two stacks apart. A lock is a file that stays open: the
# kernel gives it back when the last process of the stack has gone, however it went.

# One stack for one SASANDO_HOME. The one before may still be ending, so its lock is waited for.
claim_home() {
    exec {home_lock}> "$home/run/lock"
    flock --nonblock "$home_lock" && return
    progress "Waiting for the run before to end"
    flock --timeout 20 "$home_lock" || die "another ops/run is running with SASANDO_HOME=$home"
    clear_progress
}

# Ports come in blocks of 32 below the range that the kernel hands out; a block belongs to one stack.
claim_ports() {
    rm -f "$home"/run/*.pid "$home"/run/*.port
    if is_listening "$front_port"; then
        die "port $front_port is taken: stop what listens there, or choose another with SASANDO_PORT"
    fi
    local block attempt
    for (( attempt = 0; attempt < 200; attempt++ )); do
        block=$(( 20000 + 32 * (RANDOM % 374) ))
        claim_block "$block" && return
    done
    die 'no free block of loopback ports was found'
}

claim_block() {
    local offset
    port_lock_file=${TMPDIR:-/tmp}/sasando-ports-$1.lock
    [[ -e $port_lock_file ]] || (umask 0022; : > "$port_lock_file") 2> /dev/null || return 1
    { exec {port_lock}< "$port_lock_file"; } 2> /dev/null || return 1
    if flock --nonblock "$port_lock"; then
        for (( offset = 0; offset < 32; offset++ )); do
            (( $1 + offset != front_port )) && is_listening $(( $1 + offset )) && break
        done
        if (( offset == 32 )); then
            next_port=$1
            return 0
        fi
    fi
    exec {port_lock}<&-
    return 1
}

release_ports() {
    [[ -z ${port_lock_file:-} ]] || rm -f "$port_lock_file"
}

# take_port NAME: sets `port` to the next one of this stack's block, and leaves a note of it.
take_port() {
    (( next_port == front_port )) && next_port=$(( next_port + 1 ))
    port=$next_port
    printf '%d\n' "$port" > "$home/run/$1.port"
    next_port=$(( next_port + 1 ))
}

is_listening() {
    (exec {probe}<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}
