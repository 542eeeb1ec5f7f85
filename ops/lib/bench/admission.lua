-- wrk: one report a request, each body its own; no Idempotency-Key, so that each is a new report.
-- The key comes from the environment and stands in no argument list.
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads * 100000000)
end

function init(arguments)
    wrk.method = "POST"
    wrk.path = "/v1/reports"
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("SASANDO_BENCH_KEY")
    body = '{"category":"sampah","description":"Uji beban #%010d: tumpukan sampah di tepi jalan sudah tiga hari '
        .. 'tidak diangkut dan mulai berbau; warga meminta agar segera dibersihkan.",'
        .. '"location":{"lat":%.5f,"lon":%.5f,"accuracy_m":12},"landmark":"dekat lapangan"}'
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
