# The store: the embedded PostgreSQL, or an existing one that SASANDO_DATABASE_URL names.
# Sets what the services' addresses of the store are made of.

store_owner=sasando_owner

start_store() {
    secret owner.password
    if [[ -n ${SASANDO_DATABASE_URL:-} ]]; then
        use_existing_store
    else
        start_postgres
        store_place=${SASANDO_STORE_VIA:-127.0.0.1:$postgres_port}/sasando
        store_password_file=$home/secrets/owner.password
    fi
}

# postgresql://owner:password@place: the password goes to a file, the rest is kept, options included.
use_existing_store() {
    [[ $SASANDO_DATABASE_URL =~ ^postgres(ql)?://(([^:@/]+)(:([^@/]*))?@)?(.+)$ ]] ||
        die 'SASANDO_DATABASE_URL is not postgresql://owner:password@host:port/database'
    [[ -n ${BASH_REMATCH[3]} ]] || die 'SASANDO_DATABASE_URL names no user: it must be the owner of the database'
    store_owner=${BASH_REMATCH[3]}
    store_place=${BASH_REMATCH[6]}
    store_password_file=$home/secrets/existing-store.password
    local password=${BASH_REMATCH[5]//+/ }
    printf '%b' "${BASH_REMATCH[5]//%/\\x}" | write_secret "$store_password_file"
    unset password SASANDO_DATABASE_URL
}

# The address of the store for a login; the password is never part of it.
store_url() {
    printf 'postgresql://%s@%s' "$1" "$store_place"
}

forget_store() {
    if [[ -n ${SASANDO_DATABASE_URL:-} ]]; then
        die '--fresh does not empty a database that is not ours: drop SASANDO_DATABASE_URL'"'"'s yourself'
    fi
    rm -rf "$home/postgres"
}
