# The embedded PostgreSQL: a cluster of its own below SASANDO_HOME, on a loopback port, with passwords (SCRAM).

# Sets `as_postgres`, the prefix that runs a command as the user who owns the cluster. PostgreSQL refuses root, so root
# becomes `postgres`; where that user may not pass the folders above the cluster (a home below /root, say), it gets
# the one capability that lets it, and no other.
choose_postgres_user() {
    as_postgres=()
    (( EUID == 0 )) || return 0
    id -u postgres > /dev/null 2>&1 || die 'there is no user postgres to run the database as'
    chown postgres: "$1"
    local base=(setpriv --reuid postgres --regid postgres --init-groups) capability
    local candidates=("")
    candidates+=(dac_read_search dac_override)
    for capability in "${candidates[@]}"; do
        as_postgres=("${base[@]}")
        [[ -z $capability ]] || as_postgres+=(--inh-caps "+$capability" --ambient-caps "+$capability")
        # shellcheck disable=SC2016
        "${as_postgres[@]}" bash -c 'cd "$1" && : > probe && rm probe' - "$1" 2> /dev/null && return 0
    done
    die "the user postgres cannot reach $1: choose a SASANDO_HOME that it can, such as /var/lib/sasando"
}

find_postgres() {
    local folder
    for folder in /usr/lib/postgresql/15/bin $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV); do
        if [[ -x $folder/postgres ]]; then
            postgres_bin=$folder
            return
        fi
    done
    die 'no PostgreSQL server was found below /usr/lib/postgresql'
}

# A cluster is made beside its place and moved there whole, so that an interrupted start leaves no half of one.
make_cluster() {
    [[ -d $cluster ]] && return
    progress 'Making the database'
    local made=$cluster.new password_file=$cluster.password log=$home/logs/initdb.log
    "${as_postgres[@]}" rm -rf "$made"
    # shellcheck disable=SC2016
    "${as_postgres[@]}" bash -c 'umask 0077; cat > "$1"' - "$password_file" < "$home/secrets/owner.password"
    "${as_postgres[@]}" "$postgres_bin/initdb" --pgdata "$made" --username "$store_owner" --pwfile "$password_file" \
        --auth scram-sha-256 --data-checksums --encoding UTF8 --locale C.UTF-8 > "$log" 2>&1 ||
        { tail -n 5 "$log" >&2; die 'initdb failed'; }
    "${as_postgres[@]}" rm -f "$password_file"
    printf 'CREATE DATABASE sasando\n' |
        "${as_postgres[@]}" "$postgres_bin/postgres" --single -D "$made" postgres >> "$log" 2>&1
    "${as_postgres[@]}" mv "$made" "$cluster"
    clear_progress
}

configure_cluster() {
    local file
    for file in postgresql.conf pg_hba.conf; do
        sed "s/@PORT@/$postgres_port/g" "$ops/lib/$file" |
            "${as_postgres[@]}" tee "$cluster/$file" > /dev/null
    done
}

start_postgres() {
    find_postgres
    mkdir -p "$home/postgres"
    chmod 0700 "$home/postgres"
    choose_postgres_user "$home/postgres"
    cluster=$home/postgres/data
    make_cluster
    take_port postgres
    postgres_port=$port
    configure_cluster
    keep postgres INT 20 bash "$ops/lib/postgres-start.sh" "$cluster" "$postgres_bin" "${as_postgres[@]}"
    if ! wait_until 60 'the database' is_postgres_ready; then
        show_log postgres
        die 'the database did not start within 60 s'
    fi
}

is_postgres_ready() {
    is_kept postgres || die 'the database could not be kept running'
    "$postgres_bin/pg_isready" --quiet --host 127.0.0.1 --port "$postgres_port" --timeout 1
}
