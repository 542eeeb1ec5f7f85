# The city and the services: what each is told, by environment only, and the order in which they start.

jurisdiction=kupang
city=$ops/jurisdictions/$jurisdiction
agencies=(dlhk pupr dishub dinsos satpolpp dinkes damkar kominfo)
declare -A service_port=() stream_address=()

# control ARGUMENTS...: sasandoctl as the owner of the store.
control() {
    SASANDO_STORE_URL=$(store_url "$store_owner") SASANDO_STORE_PASSWORD_FILE=$store_password_file \
        SASANDO_IDENTITY_KEY_FILE=$home/secrets/identity.key SASANDO_WEBHOOK_KEY_FILE=$home/secrets/webhook.key \
        SASANDO_LOG_LEVEL=warning "$bin/sasandoctl" "$@" 2>> "$home/logs/sasandoctl.log"
}

control_or_die() {
    control "$@" >> "$home/logs/sasandoctl.log" && return
    show_log sasandoctl
    die "sasandoctl $1 failed"
}

# The schema, the city, and a password for each service's own login.
prepare_city() {
    local login agency
    progress 'Preparing the database'
    : > "$home/logs/sasandoctl.log"
    control_or_die migrate
    control_or_die jurisdiction load "$city"
    for login in intake routing analytics channels "${agencies[@]/#/${jurisdiction}_}"; do
        secret "$login.password"
        control_or_die login set "sasando_$login" --password-file "$home/secrets/$login.password"
    done
}

# start_service NAME EXECUTABLE LOGIN VARIABLE=VALUE...
start_service() {
    local name=$1 executable=$2 login=$3
    take_port "$name"
    service_port[$name]=$port
    keep "$name" TERM 10 env \
        SASANDO_STORE_URL="$(store_url "sasando_$login")" \
        SASANDO_STORE_PASSWORD_FILE="$home/secrets/$login.password" \
        SASANDO_HTTP_HOST=127.0.0.1 SASANDO_HTTP_PORT="$port" \
        SASANDO_PUBLIC_URL="$public_url" \
        "${@:4}" "$bin/$executable"
}

start_services() {
    local agency name
    progress 'Starting the services'
    secret reporter.key
    secret identity.key
    secret push.key
    secret webhook.key
    secret ingress.key
    take_port ingress
    ingress=tcp://127.0.0.1:$port
    mkdir -p "$home/media"
    start_service intake sasando-intake intake SASANDO_MEDIA="$home/media" \
        SASANDO_REPORTER_SECRET_FILE="$home/secrets/reporter.key" SASANDO_IDENTITY_KEY_FILE="$home/secrets/identity.key" \
        SASANDO_PUSH_KEY_FILE="$home/secrets/push.key" \
        SASANDO_INGRESS_BIND="$ingress" SASANDO_INGRESS_KEY_FILE="$home/secrets/ingress.key"
    start_service routing sasando-routing routing
    start_service analytics sasando-analytics analytics
    for agency in "${agencies[@]}"; do
        secret "stream-$agency.key"
        take_port "stream-$agency"
        stream_address[$agency]=tcp://127.0.0.1:$port
        start_service "notifier-$agency" sasando-notifier "${jurisdiction}_$agency" \
            SASANDO_MEDIA="$home/media" SASANDO_JURISDICTION="$jurisdiction" SASANDO_AGENCY="$agency" \
            SASANDO_STREAM_BIND="${stream_address[$agency]}" \
            SASANDO_STREAM_KEY_FILE="$home/secrets/stream-$agency.key" \
            SASANDO_WEBHOOK_KEY_FILE="$home/secrets/webhook.key"
    done
    secret stream-channels.key
    take_port stream-channels
    stream_address[channels]=tcp://127.0.0.1:$port
    start_service notifier-channels sasando-notifier channels \
        SASANDO_JURISDICTION="$jurisdiction" SASANDO_CHANNELS=true \
        SASANDO_STREAM_BIND="${stream_address[channels]}" \
        SASANDO_STREAM_KEY_FILE="$home/secrets/stream-channels.key" \
        SASANDO_WEBHOOK_KEY_FILE="$home/secrets/webhook.key"
    for name in "${!service_port[@]}"; do
        if ! wait_until 30 "$name" is_service_ready "${service_port[$name]}"; then
            show_log "$name"
            die "$name was not ready within 30 s"
        fi
    done
    clear_progress
}

is_service_ready() {
    curl --silent --fail --output /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$1/readyz"
}
