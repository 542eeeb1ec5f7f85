# postgres-start.sh CLUSTER BIN PREFIX...: becomes the postmaster; PREFIX is what runs a command as the cluster's owner.
# A postmaster.pid whose process is no PostgreSQL any more (a crash, then the number went to another process) would
# make the server refuse to start. While backends of a killed postmaster still hold the shared memory the server
# refuses too, and the keeper tries again until they have gone.
set -uo pipefail

cluster=$1 bin=$2
shift 2

pid=$("$@" head -n 1 "$cluster/postmaster.pid" 2> /dev/null)
if [[ $pid =~ ^[0-9]+$ && $(readlink "/proc/$pid/exe" 2> /dev/null) != */postgres ]]; then
    "$@" rm -f "$cluster/postmaster.pid"
fi

if (( $# > 0 )); then
    exec "$@" --pdeathsig INT -- "$bin/postgres" -D "$cluster"
fi
exec setpriv --pdeathsig INT -- "$bin/postgres" -D "$cluster"
