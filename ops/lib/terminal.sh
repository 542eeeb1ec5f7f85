# What a person sees. Progress is one line that is written over on a terminal, and plain lines elsewhere.

say() {
    clear_progress
    printf '%s\n' "$*"
}

warn() {
    clear_progress
    printf '%s\n' "$*" >&2
}

die() {
    warn "sasando: $*"
    exit 1
}

progress_shown=false

progress() {
    if [[ -t 1 ]]; then
        printf '\r\033[K%s' "$*"
        progress_shown=true
    else
        printf '%s\n' "$*"
    fi
}

clear_progress() {
    if $progress_shown; then
        printf '\r\033[K'
        progress_shown=false
    fi
}
