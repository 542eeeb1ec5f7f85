# The origin that people see, for the containers and for ops/secrets.

# public_url TLS HOST HTTP_PORT HTTPS_PORT, each with the default of docker-compose.yml: "https://lapor.example.id".
public_url() {
    local scheme=https port=${4:-443} usual=443
    if [[ ${1:-auto} == off ]]; then
        scheme=http port=${3:-80} usual=80
    fi
    if (( port == usual )); then port=; fi
    printf '%s://%s%s' "$scheme" "${2:-localhost}" "${port:+:$port}"
}
