// Each script is one atomic call. The key of an event holds one hash: state, fence, attempt, digest, first (when the event was
// claimed for the first time), until (when the lease ends), lease (how long it was given for) and handlers (the names as JSON
// strings, separated by commas). All times are in ms by the clock of Redis, because the clocks of its clients differ. The key
// expires when the event is to be forgotten.

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Arguments: digest, leaseMs, ttlMs. If the clock of Redis was set back, a lease would last longer than it was given for, and
 * its holder may be dead, so it is cut.
 */
export const CLAIM: string = `${NOW}
local kept = redis.call('HMGET', KEYS[1], 'state', 'fence', 'attempt', 'digest', 'first', 'until', 'lease', 'handlers')
local state, digest, handlers = kept[1], kept[4], kept[8] or ''
local fence, attempt, first = tonumber(kept[2] or 0), tonumber(kept[3] or 0), tonumber(kept[5] or now)
local conflict = (state and digest ~= ARGV[1]) and 1 or 0
if state == 'completed' then return { 'completed', conflict } end
if state == 'claimed' and tonumber(kept[6]) > now then
  local latest = now + tonumber(kept[7])
  if tonumber(kept[6]) > latest then redis.call('HSET', KEYS[1], 'until', latest) end
  return { 'in-progress', conflict }
end
fence, attempt = fence + 1, attempt + 1
redis.call('HSET', KEYS[1], 'state', 'claimed', 'fence', fence, 'attempt', attempt, 'digest', ARGV[1], 'first', first,
  'until', now + tonumber(ARGV[2]), 'lease', ARGV[2], 'handlers', handlers)
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + tonumber(ARGV[3]))
return { 'claimed', conflict, fence, attempt, math.max(0, now - first), handlers }
`;

// The scripts below begin with PEXPIRE. Redis lets a script write although its memory is full if the first command that writes
// needs no memory. So what was claimed can be completed, and does not run again.

/** Arguments: fence, leaseMs, ttlMs, and the name of a handler as JSON, or an empty text. */
export const CHECKPOINT: string = `${NOW}
local kept = redis.call('HMGET', KEYS[1], 'state', 'fence', 'handlers')
if kept[1] ~= 'claimed' or kept[2] ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + tonumber(ARGV[3]))
local handlers = kept[3]
if ARGV[4] ~= '' then handlers = handlers == '' and ARGV[4] or handlers .. ',' .. ARGV[4] end
redis.call('HSET', KEYS[1], 'until', now + tonumber(ARGV[2]), 'lease', ARGV[2], 'handlers', handlers)
return 1
`;

/** Arguments: fence, ttlMs, and the new state. */
export const SETTLE: string = `
local kept = redis.call('HMGET', KEYS[1], 'state', 'fence')
if kept[1] ~= 'claimed' or kept[2] ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[1], 'state', ARGV[3])
if ARGV[3] == 'completed' then redis.call('HDEL', KEYS[1], 'handlers') end
return 1
`;
