-- wrk: POST /gifts, each request for another reward: from FIRST on, THREADS threads in turn.
local threads = 0

function setup(thread)
    thread:set("offset", threads)
    threads = threads + 1
end

function init()
    reward = tonumber(os.getenv("GIFTS_FIRST")) + offset
    step = tonumber(os.getenv("GIFTS_THREADS"))
    headers = { ["Content-Type"] = "application/json" }
end

function request()
    local body = '{"rewardId": ' .. reward .. ', "name": "Coffee"}'
    reward = reward + step
    return wrk.format("POST", "/gifts", headers, body)
end
