# The steps of ops/test. Counts come from the result files that the test runner writes, never from its exit alone.

passed=0
failed=0
skipped=0
broken=()
# Not empty: the compose tests have made the images from these sources.
images_are_new=

testing_needs=(
    'chromium|chromium'
    'fonts-dejavu-core|/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
    'prometheus|promtool'
    'python3-pip|/usr/lib/python3/dist-packages/pip/__init__.py'
    'python3-jsonschema|/usr/lib/python3/dist-packages/jsonschema/__init__.py'
    'python3-requests|/usr/lib/python3/dist-packages/requests/__init__.py'
    'python3-xmltodict|/usr/lib/python3/dist-packages/xmltodict.py'
    'python3-cryptography|/usr/lib/python3/dist-packages/cryptography/__init__.py'
    'zbar-tools|zbarimg'
)
# axe-playwright-python brings axe-core 4.12.1 (axe.min.js), by whose rules the pages are judged; http_ece is the browser's
# side of notifications, in another's hands than ours; pyzmq is another binding of libzmq; georeport, civicbot and
# chicagorequests are others' clients of Open311, and the four after them are what those need; standardwebhooks verifies what we sign.
testing_packages=(
    'axe-playwright-python==0.1.8' 'http_ece==1.2.1' 'pyzmq==26.4.0' 'georeport==0.3.1' 'civicbot==0.4.0'
    'chicagorequests==0.0.5' 'click==8.1.8' 'scrapelib==2.3.0' 'tabulate==0.9.0' 'tqdm==4.67.1' 'standardwebhooks==1.1.0'
)

# Schemathesis, which tries the contract, with all that it needs: in a folder of its own, since some of it is also
# Debian's, in other versions.
contract_packages=(
    anyio==4.16.0 certifi==2026.10.19.post1 charset_normalizer==3.5.3 click==8.5.1 graphql_core==3.3.2 harfile==0.6.0
    hypothesis==6.170.17 hypothesis_graphql==0.13.5 idna==3.20 iniconfig==2.3.1 jsonschema_rs==0.60.3
    markdown_it_py==4.3.0 markupsafe==3.0.4 mdurl==0.1.2 packaging==26.4 pluggy==1.7.0 pygments==2.21.0
    pyrate_limiter==4.5.1 pytest==9.2.0 pyyaml==6.0.4 requests==2.34.2 rich==15.0.0 schemathesis==4.32.5
    sortedcontainers==2.4.0 typing_extensions==4.16.0 urllib3==2.8.0 werkzeug==3.1.9
)

# Others' readers of streams: httpx-sse with its HTTP client, sseclient-py, and CloudEvents' own library.
consumer_packages=(
    httpx==0.28.1 httpcore==1.0.9 h11==0.16.0 anyio==4.16.0 idna==3.20 certifi==2026.10.19.post1
    typing_extensions==4.16.0 httpx_sse==0.4.3 sseclient_py==1.9.0 cloudevents==2.2.0 python_dateutil==4.0.0
)

check_format() {
    progress 'Checking the format'
    swift format lint --strict --parallel --recursive Package.swift Services Shared Tests ||
        die 'the format is not ours: run swift format -i -r Package.swift Services Shared Tests'
}

build_tests() {
    local started=$SECONDS line
    progress 'Building the tests (the first time takes some minutes)'
    if ! swift build --build-tests 2>&1 | tee "$logs/build.log" | while IFS= read -r line; do
        [[ -t 1 && $line =~ ^\[([0-9]+/[0-9]+)\] ]] && progress "Building the tests: ${BASH_REMATCH[1]}"
        true
    done; then
        clear_progress
        grep -E ' error: |^error' "$logs/build.log" | sort -u | head -n 30 >&2 || tail -n 30 "$logs/build.log" >&2
        die "the build failed; the whole output: $logs/build.log"
    fi
    bundle=$root/.build/debug/sasandoPackageTests.xctest
    say "Built in $(( SECONDS - started )) s"
}

# Pure targets share a run; one that waits for sockets, clocks and processes has the machine to itself.
run_every_target() {
    local target pure='DomainTests|PagesTests|RepositoryTests|TelemetryTests' alone=() last=()
    for target in Tests/*Tests; do
        target=${target##*/}
        [[ $target =~ ^($pure)$ ]] && continue
        case $target in
            EndToEndTests | BrowserTests | ComposeTests) last+=("$target") ;;
            *) alone+=("$target") ;;
        esac
    done
    run_tests Pure "^($pure)\\."
    for target in "${alone[@]}" "${last[@]}"; do
        run_tests "$target" "^$target\\."
    done
}

# run_tests NAME PATTERN: one run, bounded in time. The bundle is run as `swift test` would, without its planning and
# its lock on .build, so that what a test starts may build.
run_tests() {
    local name=$1 log=$logs/$1.log results=$logs/$1.xml limit=1500 status=0 started=$SECONDS counts
    # A test that is kept from the processor for seconds loses its transaction: no more of them at once than that.
    local at_once=$(( 2 * $(nproc) ))
    # It builds the images first.
    [[ $name == ComposeTests ]] && limit=2400
    [[ -n ${SASANDO_TEST_LONG:-} ]] && limit=7200
    progress "Running $name"
    rm -f "$results"
    NO_COLOR=1 timeout --kill-after=10 "$limit" "$bundle" --testing-library swift-testing --filter "$2" \
        --experimental-maximum-parallelization-width "$at_once" --xunit-output "$results" > "$log" 2>&1 || status=$?
    clear_progress
    if ! counts=$(count_results "$results"); then
        broken+=("$name")
        tail -n 30 "$log" >&2
        say "$name: ended without a result (exit status $status, $(( SECONDS - started )) s); see $log"
        return
    fi
    local now_passed now_failed now_skipped
    read -r now_passed now_failed now_skipped <<< "$counts"
    passed=$(( passed + now_passed )) failed=$(( failed + now_failed )) skipped=$(( skipped + now_skipped ))
    if (( now_failed > 0 || status != 0 )); then
        grep -A 12 'recorded an issue' "$log" | grep -vE '^◇|^✔|^--' | cut -c 1-600 >&2 || tail -n 30 "$log" >&2
        (( now_failed > 0 )) || broken+=("$name")
    fi
    if [[ $name == ComposeTests ]] && (( now_passed > 0 && now_failed + now_skipped + status == 0 )); then
        images_are_new=true
    fi
    say "$name: $now_passed passed, $now_failed failed, $(( SECONDS - started )) s"
}

# The short faults, on release executables: how fast others' reports are while one agency is disturbed says nothing of
# executables that are slow themselves. Those in the image are such, if the compose tests have made it just now; else
# they are built. The counts stand in the last line that ops/faults prints.
run_faults() {
    local log=$logs/Faults.log status=0 started=$SECONDS flags=(--bare --short) executables
    [[ -z ${SASANDO_TEST_STRICT:-} ]] || flags+=(--strict)
    progress 'Building the tool of the short faults'
    if executables=$(take_executables); then
        export SASANDO_BIN=$executables LD_LIBRARY_PATH=$executables/lib
    fi
    progress 'Running the short faults'
    timeout --kill-after=30 2400 "$ops/faults" "${flags[@]}" > "$log" 2>&1 || status=$?
    clear_progress
    if ! [[ $(grep -E '^[0-9]+ held, ' "$log") =~ ^([0-9]+)\ held,\ ([0-9]+)\ broken,\ ([0-9]+)\ skipped$ ]]; then
        broken+=(Faults)
        tail -n 30 "$log" >&2
        say "Faults: ended without a result (exit status $status, $(( SECONDS - started )) s); see $log"
        return
    fi
    passed=$(( passed + BASH_REMATCH[1] )) failed=$(( failed + BASH_REMATCH[2] )) skipped=$(( skipped + BASH_REMATCH[3] ))
    if (( status != 0 )); then
        sed -n '/^fault /,$p' "$log" >&2
        (( BASH_REMATCH[2] > 0 )) || broken+=(Faults)
    fi
    say "Faults: ${BASH_REMATCH[1]} held, ${BASH_REMATCH[2]} broken, $(( SECONDS - started )) s"
}

# Copies the services and the tool that breaks them, all built for release, out of the images' build, and prints the
# folder. Fails where the images are not known to be of these sources, or are of another system than this machine.
take_executables() {
    local folder=$root/.build/services-of-image container
    [[ -n $images_are_new ]] || return 1
    rm -rf "$folder"
    mkdir -p "$folder/lib"
    {
        docker build --file "$ops/docker/Dockerfile" --target faults --tag sasando-faults \
            --build-arg "SWIFT_IMAGE=${SWIFT_IMAGE:-swift:6.3-bookworm}" \
            --build-arg "DEBIAN_IMAGE=${DEBIAN_IMAGE:-debian:bookworm-slim}" "$root" || return 1
        container=$(docker create sasando-faults true) || return 1
        docker cp "$container:/made/bin/." "$folder" && docker cp "$container:/made/lib/." "$folder/lib"
        docker rm "$container"
        LD_LIBRARY_PATH=$folder/lib "$folder/sasandoctl" --help || return 1
        LD_LIBRARY_PATH=$folder/lib "$folder/sasando-faults" --list || return 1
    } > "$logs/executables.log" 2>&1
    printf '%s\n' "$folder"
}

# count_results FILE: "passed failed skipped" of an xUnit file; fails when there is none.
count_results() {
    [[ -s $1 ]] || return 1
    awk '
        /<testcase / { total++; counted = 0 }
        /<failure|<error/ && !counted { failed++; counted = 1 }
        /<skipped/ && !counted { skipped++; counted = 1 }
        /<\/testsuites>/ { whole = 1 }
        END { if (!whole) exit 1; printf "%d %d %d\n", total - failed - skipped, failed, skipped }' "$1"
}

conclude() {
    say ''
    (( skipped == 0 )) || say "$skipped skipped (a long run, or something that this machine has not got)"
    (( ${#broken[@]} == 0 )) || say "No result from: ${broken[*]}"
    say "$passed passed, $failed failed"
    (( failed == 0 && ${#broken[@]} == 0 && passed > 0 ))
}
