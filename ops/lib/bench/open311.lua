-- wrk: the reports of admission.lua by Open311's door, a form instead of JSON. The key comes from the environment.
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads * 100000000)
end

function init(arguments)
    wrk.method = "POST"
    wrk.path = "/open311/v2/requests.json"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = "api_key=" .. os.getenv("SASANDO_BENCH_KEY") .. "&service_code=sampah&description=Uji+beban+%%23%010d%%3A"
        .. "+tumpukan+sampah+di+tepi+jalan+sudah+tiga+hari+tidak+diangkut+dan+mulai+berbau%%3B+warga+meminta+agar"
        .. "+segera+dibersihkan.&lat=%.5f&long=%.5f&address_string=dekat+lapangan"
end

function request()
    number = number + 1
    local lat = -10.14 - (number % 97) / 10000
    local lon = 123.63 + (number % 89) / 10000
    return wrk.format(nil, nil, nil, string.format(body, number, lat, lon))
end

-- "status" counts what was not 2xx or 3xx.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("answers = %d\nseconds = %.6f\nrefused = %d\nbroken = %d\np99_ms = %.3f\n",
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99) / 1000))
end
