-- Webhooks by wrk at a steady rate, each with a lead of its own; whoever got 200 is written down.
-- One connection for each thread, so that an answer is known to belong to the request before it.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]]

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  rate, total, first = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  acknowledged = io.open(args[4] .. "/" .. first .. "-" .. number, "w")
  acknowledged:setvbuf("line")
  now, sent, lead, open = ffi.new("moment"), 0, 0, 0
  begun = clock() + number / rate
end

function clock()
  ffi.C.clock_gettime(1, now)
  return tonumber(now.seconds) + tonumber(now.nanoseconds) / 1e9
end

-- The time of each request is fixed beforehand: a slow answer does not make the next one later.
function delay()
  return math.max(0, (begun + sent * total / rate - clock()) * 1000)
end

function request()
  lead = first + number + sent * total
  sent, open = sent + 1, open + 1
  local body = "account[subdomain]=demo&account[id]=28805383"
    .. "&account[_links][self]=https://demo.amocrm.ru&leads[status][0][id]=" .. lead
    .. "&leads[status][0][name]=%D0%A1%D0%B4%D0%B5%D0%BB%D0%BA%D0%B0&leads[status][0][status_id]=142"
    .. "&leads[status][0][old_status_id]=7087609&leads[status][0][price]=1000"
    .. "&leads[status][0][responsible_user_id]=123&leads[status][0][last_modified]=1735689600"
    .. "&leads[status][0][pipeline_id]=1064407&leads[status][0][account_id]=28805383"
    .. "&leads[status][0][created_at]=1735603200&leads[status][0][updated_at]=1735689600"
  return wrk.format("POST", nil, { ["Content-Type"] = "application/x-www-form-urlencoded" }, body)
end

-- After a broken connection wrk may have two requests on their way: then nobody knows whose answer this is.
function response(status)
  local is_known = open == 1
  open = 0
  if status == 200 and is_known then
    acknowledged:write(lead, "\n")
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.3f, "p50_ms": %.2f, "p99_ms": %.2f, "max_ms": %.2f, "refused": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
