/** What is counted of developers' sessions. */
export type SessionCounts = {
  /** Sessions that are there now, with a carrier or waiting for one. */
  now: () => number
  /** Carriers that were opened. */
  carrier: number
  /** Times that a session went on with its next carrier. */
  resumed: number
  /** Sessions that ended because no next carrier came in time. */
  lost: number
}

export function createSessionCounts (): SessionCounts {
  return { now: () => 0, carrier: 0, resumed: 0, lost: 0 }
}
