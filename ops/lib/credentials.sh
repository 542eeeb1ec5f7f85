# Secrets are made once and kept in $SASANDO_HOME/secrets, each in a file of its own that only its owner reads.

# write_secret FILE: standard input, whole or not at all.
write_secret() {
    local temporary
    temporary=$(umask 0077; mktemp "$1.XXXXXX")
    cat > "$temporary"
    mv -f "$temporary" "$1"
}

# secret NAME: 32 random bytes in hexadecimal, made when missing.
secret() {
    local file=$home/secrets/$1
    [[ -s $file ]] || od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' | write_secret "$file"
}

# token NAME ARGUMENTS...: a key made by sasandoctl, once.
token() {
    local file=$home/secrets/$1.token answer
    [[ ! -s $file ]] || return 0
    answer=$(control key create --jurisdiction "$jurisdiction" --json "${@:2}") || die "no key could be made for $1"
    [[ $answer =~ \"token\"[[:space:]]*:[[:space:]]*\"([^\"]+)\" ]] || die "sasandoctl key create gave no token for $1"
    printf '%s' "${BASH_REMATCH[1]}" | write_secret "$file"
}

# curve_key NAME HOLDER...: a pair for a program that comes over ZeroMQ, registered once.
curve_key() {
    local file=$home/secrets/$1 public
    [[ ! -s $file.public ]] || return 0
    secret "$1.key"
    public=$(curve_public "$file.key") || die "no public key could be made for $1"
    control_or_die key create --jurisdiction "$jurisdiction" --kind zeromq "${@:2}" --public-key="$public"
    printf '%s' "$public" | write_secret "$file.public"
}

make_keys() {
    local agency made=()
    progress 'Making keys'
    token integrator --kind integrator --channel integrator
    curve_key integrator-zeromq --channel integrator
    token samples --kind integrator --channel contoh
    token operator --kind operator
    for agency in "${agencies[@]}"; do
        agency_keys "$agency" &
        made+=($!)
    done
    for agency in "${made[@]}"; do wait "$agency" || die 'the keys of an agency could not be made'; done
}

agency_keys() {
    token "agency-$1" --kind agency --agency "$1"
    curve_key "agency-$1-zeromq" --agency "$1"
}

# stream_credentials NAME DOOR KEY: what a program needs to follow a stream over ZeroMQ, as a member: the door is called as
# its address is, and the program's key is in the files KEY.key and KEY.public.
stream_credentials() {
    local secrets=$home/secrets
    printf '      "%s": {"stream": "%s", "server_key": "%s",\n        "public_key": "%s", "secret_key": "%s"}' "$1" \
        "${stream_address[$2]}" "$(curve_public "$secrets/stream-$2.key")" "$(< "$secrets/$3.public")" \
        "$(curve_secret "$secrets/$3.key")"
}

write_credentials() {
    local agency separator=''
    {
        printf '{\n  "front_door": "%s",\n' "$front_door"
        printf '  "integrator": {"api_key": "%s"},\n' "$(< "$home/secrets/integrator.token")"
        printf '  "zeromq": {\n    "ingress": "%s",\n    "ingress_server_key": "%s",\n' "$ingress" \
            "$(curve_public "$home/secrets/ingress.key")"
        printf '    "integrator_public_key": "%s",\n    "integrator_secret_key": "%s",\n    "agencies": {' \
            "$(< "$home/secrets/integrator-zeromq.public")" "$(curve_secret "$home/secrets/integrator-zeromq.key")"
        for agency in "${agencies[@]}"; do
            printf '%s\n' "$separator"
            stream_credentials "$agency" "$agency" "agency-$agency-zeromq"
            separator=','
        done
        printf '\n    },\n    "channels": {\n'
        stream_credentials integrator channels integrator-zeromq
        printf '\n    }\n  },\n'
        separator=''
        printf '  "operator": {"token": "%s"},\n  "agencies": {' "$(< "$home/secrets/operator.token")"
        for agency in "${agencies[@]}"; do
            printf '%s\n    "%s": {"token": "%s"}' "$separator" "$agency" "$(< "$home/secrets/agency-$agency.token")"
            separator=','
        done
        printf '\n  }\n}\n'
    } | write_secret "$home/credentials.json"
}
