# The city's sample reports, sent through the public door on first use as the channel `contoh`. Each has an external_id,
# so that sending them twice makes none twice.

load_samples() {
    local marker=$home/samples-loaded file=$city/samples.tsv folder=$home/run/samples
    [[ ! -e $marker && -f $file ]] || return 0
    progress 'Sending the sample reports'
    rm -rf "$folder"
    (umask 0077; mkdir -p "$folder")
    write_sample_requests "$file" "$folder"
    curl --no-progress-meter --noproxy '*' --parallel --parallel-max 6 --config "$folder/requests" > "$folder/answers" || true
    local sent taken
    sent=$(grep -c '^url' "$folder/requests")
    taken=$(grep -cE '^(200|201)$' "$folder/answers" || true)
    if (( sent == taken )); then
        : > "$marker"
        rm -rf "$folder"
        say "Sent $sent sample reports"
    else
        warn "Only $taken of $sent sample reports were taken (answers: $folder/answers); the next start tries again"
    fi
}

# One body a file, and one section each in a curl configuration: the key stands in no argument list.
write_sample_requests() {
    awk -v folder="$2" -v url="$front_door/v1/reports" -v token="$(< "$home/secrets/samples.token")" '
        BEGIN { FS = "\t" }
        function text(value,    i, letter, quoted) {
            for (i = 1; i <= length(value); i++) {
                letter = substr(value, i, 1)
                quoted = quoted (letter == "\"" || letter == "\\" ? "\\" letter : letter < " " ? " " : letter)
            }
            return "\"" quoted "\""
        }
        /^#/ { next }
        { sub(/\r$/, "") }
        !named { for (i = 1; i <= NF; i++) name[i] = $i; named = 1; next }
        NF > 1 {
            id = sprintf("contoh-%03d", ++count)
            body = "{\"external_id\":" text(id) ",\"attributes\":{\"sample\":true}"
            for (i = 1; i <= NF; i++)
                if ($i != "" && name[i] ~ /^(category|subtype|area|description|landmark|address|rt|rw)$/)
                    body = body "," text(name[i]) ":" text($i)
            file = folder "/" id ".json"
            print body "}" > file
            close(file)
            if (count > 1) print "next"
            print "url = \"" url "\""
            print "request = \"POST\"\nsilent\nretry = 5\nmax-time = 20"
            print "header = \"Content-Type: application/json\""
            print "header = \"Authorization: Bearer " token "\""
            print "data-binary = \"@" file "\""
            print "output = \"" folder "/" id ".answer\""
            print "write-out = \"%{http_code}\\n\""
        }' "$1" > "$2/requests"
}
