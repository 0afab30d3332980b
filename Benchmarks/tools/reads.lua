-- wrk: GET PREFIX<id> with ids spread over ROWS rows; the requests are made beforehand. TOKEN is sent with each, if set.
local token = os.getenv("READS_TOKEN")
local headers = token and { ["Authorization"] = "Bearer " .. token } or nil
local prefix, rows = os.getenv("READS_PREFIX"), tonumber(os.getenv("READS_ROWS"))
local requests, next_one = {}, 0

function init()
    math.randomseed(os.time())
    for i = 1, 4096 do requests[i] = wrk.format("GET", prefix .. math.random(1, rows), headers) end
end

function request()
    next_one = next_one % 4096 + 1
    return requests[next_one]
end
