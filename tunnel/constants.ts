/** Payload of a `data` carrier frame, at most: header, channel byte and it fill one WebSocket message of 256 KiB. */
export const CARRIER_DATA_BYTES = 256 * 1024 - 4 - 1

/** Largest payload we accept in any carrier frame, and in one that is not `data`. */
export const CARRIER_LIMIT_BYTES = 256 * 1024
export const CARRIER_SMALL_LIMIT_BYTES = 256

/** The one clock for loss: see docs/tunnel.md. A carrier is dead this long after the last byte received. */
export const PING_INTERVAL_MS = 5000
export const DEAD_AFTER_MS = 10_000

/** What may wait for an acknowledgement; then nothing new is sent. */
export const MAX_UNACKNOWLEDGED_BYTES = 4 * 1024 * 1024

/** Bytes received are acknowledged at the latest after so many, or after this time. */
export const ACK_EVERY_BYTES = 256 * 1024
export const ACK_EVERY_MS = 1000

/** A carrier is replaced at this age, less up to a tenth: somewhere on the way an hour is the limit. */
export const CARRIER_MAX_AGE_MS = 45 * 60_000

/** Silence after which the next carrier is opened, before this one counts as dead: pings are answered sooner. */
export const SUSPECT_AFTER_MS = 7000

/** A dialled carrier on which the proxy does not answer in this time is given up. */
export const CANDIDATE_TIMEOUT_MS = 5000

/** A dial that takes longer gets another one beside it: it may have gone out on a connection that is dead itself. */
export const SECOND_DIAL_MS = 2000

/** Between attempts at the next carrier; doubled each time, up to the last, and less up to a half. */
export const FIRST_BACKOFF_MS = 100
export const LAST_BACKOFF_MS = 5000

/** Wall time that passed unseen between two ticks: the machine slept, and what it was connected to is gone. */
export const SLEPT_AFTER_MS = 10_000

/** The specification's initial window of every stream, both ways. Not ours to change. */
export const INITIAL_WINDOW_BYTES = 256 * 1024

/** What a stream's window may grow to, and what all of a session's may grow by together. */
export const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024
export const MAX_SESSION_WINDOW_BYTES = 16 * 1024 * 1024

/** The largest value of a header's length field, so also of a window. */
export const MAX_WINDOW_BYTES = 0xffff_ffff

/** Data frames we send carry at most this much, so that no stream waits long for its turn. */
export const MAX_FRAME_PAYLOAD_BYTES = 16 * 1024

/** Streams the peer may have open at once. One more is reset; the others and the session go on. */
export const MAX_OPEN_STREAMS = 10_000

/** Answers (pings, resets) that may wait for a carrier that takes nothing. More is a flood, and ends the session. */
export const MAX_WAITING_ANSWERS = 65_536

/** Ids are 32 bits wide. The last one is never used, so that the arithmetic on them cannot wrap. */
export const MAX_STREAM_ID = 0xffff_fffd

/** One control message, at most. */
export const MAX_CONTROL_BYTES = 64 * 1024

/** Head or reply of a stream, at most. */
export const MAX_HEAD_BYTES = 16 * 1024
