# What programs speak with Sasando by: each door's address, and a line to try it.

say_doors() {
    local file=$home/credentials.json json="-H 'Content-Type: application/json'"
    local as_integrator='-H "Authorization: Bearer $key"' as_agency='-H "Authorization: Bearer $token"'
    local report='{"category":"sampah","description":"Bak sampah penuh","area":"53.71.04.1008"}'
    say '  For programs, to be tried in another terminal, in this folder:'
    say "    key=\$(sed -n 's/.*\"api_key\": *\"\\([^\"]*\\)\".*/\\1/p' $file)"
    say "    token=\$(sed -n 's/.*\"dlhk\": *{\"token\": *\"\\([^\"]*\\)\".*/\\1/p' $file)"
    say_door 'Reports' "$public_url/v1/reports" "curl -s $as_integrator $json -d '$report' $front_door/v1/reports"
    say_door 'Many reports at once' "$public_url/v1/reports/batch" \
        "echo '$report' | curl -s $as_integrator -H 'Content-Type: application/x-ndjson' --data-binary @- $front_door/v1/reports/batch"
    say_door 'Open311' "$public_url/open311/v2" \
        "curl -s $front_door/open311/v2/requests.json -d api_key=\$key -d service_code=sampah -d address_id=53.71.04.1008"
    say_door 'Reports over ZeroMQ' "$ingress" "python3 ops/lib/zeromq-example.py $file"
    say_door "An agency's stream" "$public_url/v1/agencies/dlhk/events" \
        "curl -sN $as_agency -H 'Accept: text/event-stream' $front_door/v1/agencies/dlhk/events"
    say_door 'The same over ZeroMQ' "${stream_address[dlhk]}" "python3 ops/lib/zeromq-stream-example.py $file"
    say_door "A channel's stream" "$public_url/v1/channels/integrator/events" \
        "curl -sN $as_integrator -H 'Accept: text/event-stream' $front_door/v1/channels/integrator/events"
    say_door 'Its reports by its ids' "$public_url/v1/channels/integrator/reports/ID" \
        "curl -s $as_integrator $front_door/v1/channels/integrator/reports/tiket%2F7   # 404 until it is sent: README"
    say_door 'Webhooks' "$public_url/v1/agencies/dlhk/webhooks" \
        "curl -s $as_agency $front_door/v1/agencies/dlhk/webhooks   # README: how to have one called"
    say_door 'WhatsApp and Telegram' "$public_url/channels/whatsapp, …/telegram" \
        "curl -si -d '{}' $front_door/channels/telegram   # 404 until it is connected: README"
    say_door 'What all of them take' "$public_url/openapi.json, …/asyncapi.json" "curl -s $front_door/openapi.json"
}

# say_door NAME ADDRESS LINE
say_door() {
    local lines
    printf -v lines '  %-22s %s\n      %s' "$@"
    say "$lines"
}
