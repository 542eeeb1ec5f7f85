# keep.sh PARENT NAME STOP_SIGNAL STOP_SECONDS HOME COMMAND...
# Runs one process and starts it again when it dies: after 0.1 s, then twice as long each time up to 2 s; from the
# beginning again once it has lived 10 s. SIGTERM ends both, the process by STOP_SIGNAL and, past the bound, SIGKILL.
set -uo pipefail
exec 2> /dev/null  # bash's own word on a killed child; ours is the line below

parent=$1 name=$2 stop_signal=$3 stop_seconds=$4 home=$5
shift 5
log=$home/logs/$name.log
pid_file=$home/run/$name.pid
log_limit_bytes=$(( 32 * 1024 * 1024 ))
stopping=false
child=

stop() {
    stopping=true
    [[ -n $child ]] || exit 0
    kill -s "$stop_signal" "$child"
    kill -CONT "$child"
    local tenth
    for (( tenth = 0; tenth < stop_seconds * 10; tenth++ )); do
        kill -0 "$child" 2> /dev/null || break
        sleep 0.1
    done
    kill -KILL "$child"
    wait "$child"
    rm -f "$pid_file"
    exit 0
}

# "SIGKILL" for 137, "exit status 3" for 3.
reason() {
    if (( $1 > 128 )); then
        printf 'SIG%s' "$(kill -l $(( $1 - 128 )))"
    else
        printf 'exit status %d' "$1"
    fi
}

start() {
    if [[ -f $log ]] && (( $(stat -c %s "$log") > log_limit_bytes )); then mv -f "$log" "$log.1"; fi
    setpriv --pdeathsig KILL -- "$@" >> "$log" 2>&1 &
    child=$!
    printf '%d\n' "$child" > "$pid_file.new" && mv -f "$pid_file.new" "$pid_file"
}

trap stop TERM
# Whoever started us may have died before the kernel was told to tell us.
[[ $PPID == "$parent" ]] || exit 1

delay_ms=100
while true; do
    started=$SECONDS
    start "$@"
    wait "$child"
    status=$?
    child=
    rm -f "$pid_file"
    $stopping && exit 0
    lived=$(( SECONDS - started ))
    (( lived >= 10 )) && delay_ms=100
    delay=$(( delay_ms / 1000 )).$(( delay_ms % 1000 / 100 ))
    printf '%(%H:%M:%S)T  %s ended after %d s (%s); starting it again in %s s\n' \
        -1 "$name" "$lived" "$(reason "$status")" "$delay"
    sleep "$delay" &
    wait $!
    delay_ms=$(( delay_ms * 2 > 2000 ? 2000 : delay_ms * 2 ))
done
