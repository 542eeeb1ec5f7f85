# Builds the executables: release, Swift's own libraries linked in, so that what runs needs no toolchain.
#
# Linked by the toolchain's lld: packed relocations and no table of exported symbols, which nobody looks up, save each
# process about 7 MB that would be read at its start and stay resident. What no one calls is left out, function by
# function, and what every start runs stands side by side (ops/start-order), which saves each some 4 MB more.
release_flags=(
    --static-swift-stdlib -Xswiftc -use-ld=lld
    -Xswiftc -Xfrontend -Xswiftc -function-sections -Xcc -ffunction-sections -Xcc -fdata-sections
    -Xlinker --gc-sections -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs -Xlinker -O2
    -Xlinker "--symbol-ordering-file=${BASH_SOURCE[0]%/*}/start-order" -Xlinker --no-warn-symbol-ordering
)

executables=(sasando-intake sasando-routing sasando-notifier sasando-analytics sasandoctl sasando-media)

build_executables() {
    if [[ -n ${SASANDO_BIN:-} ]]; then
        bin=$(cd "$SASANDO_BIN" && pwd) || die "SASANDO_BIN is no folder: $SASANDO_BIN"
        return
    fi
    local configuration=${SASANDO_RUN_BUILD:-release}
    bin=$root/.build/$configuration
    is_built "$configuration" && return
    local product started=$SECONDS log=$home/logs/build.log
    : > "$log"
    for product in "${executables[@]}"; do
        build_product "$product" "$configuration" "$log"
    done
    build_fingerprint "$configuration" > "$bin/sasando-built"
    say "Built in $(( SECONDS - started )) s"
}

build_product() {
    local product=$1 configuration=$2 log=$3 flags=(-c "$2")
    [[ $configuration == release ]] && flags+=("${release_flags[@]}")
    progress "Building $product (the first time takes some minutes)"
    if ! (cd "$root" && swift build "${flags[@]}" --product "$product" 2>&1) | tee -a "$log" | show_build "$product"; then
        clear_progress
        grep -E ': error:|^error' "$log" | sort -u | head -n 20 >&2 || tail -n 20 "$log" >&2
        die "the build of $product failed; the whole output: $log"
    fi
}

# Turns the compiler's "[12/345] Compiling X" into one line.
show_build() {
    local line
    while IFS= read -r line; do
        if [[ -t 1 && $line =~ ^\[([0-9]+/[0-9]+)\] ]]; then
            progress "Building $1: ${BASH_REMATCH[1]}"
        fi
    done
}

# Says what was built with what; sources are compared by time, below.
build_fingerprint() {
    printf '%s %s %s\n' "$1" "$(swift --version 2>&1 | head -n 1)" "${release_flags[*]}"
}

# True when nothing that goes into the executables is newer than the last build.
is_built() {
    local stamp=$bin/sasando-built product
    [[ -f $stamp && $(< "$stamp") == "$(build_fingerprint "$1")" ]] || return 1
    for product in "${executables[@]}"; do
        [[ -x $bin/$product ]] || return 1
    done
    [[ -z $(cd "$root" && find Package.swift Services Shared -newer "$stamp" -print -quit) ]]
}
