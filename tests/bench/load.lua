-- SPDX-License-Identifier: MIT
-- SPDX-FileCopyrightText: 2026 the grisaille authors
--
-- wrk asks for the pictures of a list, one after the other: lines of "METHOD target file".
local requests, at = {}, 0

function init()
    for line in io.lines(os.getenv("GRISAILLE_REQUESTS")) do
        local method, target, path = line:match("^(%S+) (%S+) (.*)$")
        local body
        if method == "POST" then
            local file = assert(io.open(path, "rb"))
            body = file:read("*a")
            file:close()
        end
        requests[#requests + 1] = wrk.format(method, target, {["Host"] = "localhost"}, body)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    -- Answers of 4xx and 5xx are among the requests; those that broke off are not.
    io.write(string.format("RESULT %d %d %d %f %f %f\n", summary.requests, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
