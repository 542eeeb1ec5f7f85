# The front door: Caddy in front of every service, one origin. Its configuration is ops/frontdoor/Caddyfile; what
# changes from run to run reaches it as environment, and the routes of the agencies as a generated file.

start_front_door() {
    local agency notifiers=()
    progress 'Opening the front door'
    for agency in kominfo "${agencies[@]}"; do
        [[ " ${notifiers[*]-} " == *" $(upstream "notifier-$agency") "* ]] || notifiers+=("$(upstream "notifier-$agency")")
    done
    write_agency_routes
    export SASANDO_FRONT_PORT=$front_port SASANDO_FRONT_DOOR=$ops/frontdoor
    export SASANDO_AGENCY_ROUTES=$home/run/agencies.caddy
    export SASANDO_INTAKE_UPSTREAM SASANDO_ANALYTICS_UPSTREAM SASANDO_NOTIFIER_UPSTREAMS="${notifiers[*]}"
    export SASANDO_CHANNELS_UPSTREAM
    SASANDO_INTAKE_UPSTREAM=$(upstream intake)
    SASANDO_ANALYTICS_UPSTREAM=$(upstream analytics)
    SASANDO_CHANNELS_UPSTREAM=$(upstream notifier-channels)
    export XDG_DATA_HOME=$home/run/caddy XDG_CONFIG_HOME=$home/run/caddy
    local configuration=(--config "$ops/frontdoor/Caddyfile" --adapter caddyfile)
    if ! caddy validate "${configuration[@]}" > "$home/logs/caddy.log" 2>&1; then
        show_log caddy
        die 'the front door cannot be configured'
    fi
    keep caddy TERM 5 caddy run "${configuration[@]}"
    if ! wait_until 20 'the front door' is_listening "$front_port"; then
        show_log caddy
        die "the front door did not open on port $front_port within 20 s"
    fi
    clear_progress
}

upstream() {
    printf '127.0.0.1:%d' "${service_port[$1]}"
}

# An agency's stream, commands and desk are its own notifier's.
write_agency_routes() {
    local agency
    for agency in "${agencies[@]}"; do
        printf '@%s path /v1/agencies/%s/* /desk/%s /desk/%s/*\n' "$agency" "$agency" "$agency" "$agency"
        printf 'handle @%s {\n\timport to_one %s\n}\n' "$agency" "$(upstream "notifier-$agency")"
    done > "$home/run/agencies.caddy"
}
