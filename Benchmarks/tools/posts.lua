-- wrk: POST of 200 bytes to PATH with %d replaced by one of GROUPS groups, with a callback URL if CALLBACK is set; with
-- AS_CALLBACK as bypass-queue's callbacks come, each of a group of its own.
local path, groups, callback = os.getenv("POSTS_PATH"), tonumber(os.getenv("POSTS_GROUPS") or "1"), os.getenv("CALLBACK")
local requests, next_one = {}, 0

function init()
    math.randomseed(os.time())
    local headers = { ["Content-Type"] = "application/json" }
    if callback and callback ~= "" then headers["Callback-Url"] = callback end
    local body = '{"event":"' .. string.rep("x", 188) .. '"}'
    for i = 1, 4096 do
        if os.getenv("AS_CALLBACK") then
            headers["bypass-group"], headers["bypass-epoch"], headers["bypass-sequence"] = "g" .. i, "1", "1"
            headers["bypass-attempt"], headers["webhook-id"] = "1", "msg_" .. i
        end
        requests[i] = wrk.format("POST", (path:gsub("%%d", tostring(math.random(1, groups)))), headers, body)
    end
end

function request()
    next_one = next_one % 4096 + 1
    return requests[next_one]
end
