-- SPDX-License-Identifier: MIT
-- SPDX-FileCopyrightText: 2026 the grisaille authors
--
-- wrk asks for the images of a list, one after the other: lines of "METHOD target file".
--
-- Counted is what comes after the first answer of each connection: all of them send an image at
-- once in the beginning, and until these are there the server has more to receive than to answer.
local ffi = require("ffi")
ffi.cdef [[
    typedef struct { long s, us; } moment;
    int gettimeofday(moment *now, void *zone);
]]
local requests, at, sent, threads = {}, 0, 0, {}
local connections = tonumber(os.getenv("GRISAILLE_CONNECTIONS"))

local function now()
    local moment = ffi.new("moment")
    ffi.C.gettimeofday(moment, nil)
    return tonumber(moment.s) + tonumber(moment.us) / 1e6
end

function setup(thread)
    threads[#threads + 1] = thread
end

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

function request() -- at first for each connection, and then behind each answer
    sent = sent + 1
    if sent == 1 then
        began = now()
    elseif sent == 2 * connections then
        warm = now() - began
    end
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors, duration = summary.errors, summary.duration / 1e6
    local warm = threads[1]:get("warm")
    -- A slow server may send its first answers when the time is over: then all is counted.
    if not warm or warm >= duration or summary.requests <= connections then
        warm = nil
    end
    local skipped = warm and connections or 0
    -- Answers of 4xx and 5xx are among the requests; those that broke off are not.
    io.write(string.format("RESULT %d %d %d %f %f %f\n", summary.requests - skipped, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        duration - (warm or 0), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
