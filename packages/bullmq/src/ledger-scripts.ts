// Each script is one atomic call. The key of an event holds one hash: state, fence, attempt, digest, until (unix time in ms) and
// handlers (the names as JSON strings, separated by commas).

/** Arguments: digest, leaseMs, nowMs, ttlMs. */
export const CLAIM = `
local kept = redis.call('HMGET', KEYS[1], 'state', 'fence', 'attempt', 'digest', 'until', 'handlers')
local state, digest, handlers = kept[1], kept[4], kept[6] or ''
local fence, attempt, till = tonumber(kept[2] or 0), tonumber(kept[3] or 0), tonumber(kept[5] or 0)
local now = tonumber(ARGV[3])
if state and state ~= 'claimed' and till <= now then
  state, attempt, handlers = false, 0, ''
end
local conflict = (state and digest ~= ARGV[1]) and 1 or 0
if state == 'completed' then return { 'completed', conflict } end
if state == 'claimed' and till > now then return { 'in-progress', conflict } end
fence, attempt = fence + 1, attempt + 1
redis.call('HSET', KEYS[1], 'state', 'claimed', 'fence', fence, 'attempt', attempt, 'digest', ARGV[1],
  'until', now + tonumber(ARGV[2]), 'handlers', handlers)
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + tonumber(ARGV[4]))
return { 'claimed', conflict, fence, attempt, handlers }
`;

/** Arguments: fence, until, how many ms to keep the key, and the name of a handler as JSON, or an empty text. */
export const CHECKPOINT = `
local kept = redis.call('HMGET', KEYS[1], 'state', 'fence', 'handlers')
if kept[1] ~= 'claimed' or kept[2] ~= ARGV[1] then return 0 end
local handlers = kept[3]
if ARGV[4] ~= '' then handlers = handlers == '' and ARGV[4] or handlers .. ',' .. ARGV[4] end
redis.call('HSET', KEYS[1], 'until', ARGV[2], 'handlers', handlers)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** Arguments: fence, until, how many ms to keep the key, and the new state. */
export const SETTLE = `
local kept = redis.call('HMGET', KEYS[1], 'state', 'fence')
if kept[1] ~= 'claimed' or kept[2] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[4], 'until', ARGV[2])
if ARGV[4] == 'completed' then redis.call('HSET', KEYS[1], 'handlers', '') end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;
