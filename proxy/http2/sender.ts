/** A diverted stream that has data to send. */
export type Sender = {
  /** Sends one frame, if its own window allows. Returns whether it has more. */
  sendOne (): boolean
}

/**
 * One frame of each in turn, as long as there is room. Those whose own window is used up are left out; whoever lets
 * them go on adds them again.
 */
export function sendInTurn (senders: Set<Sender>, hasRoom: () => boolean): void {
  while (senders.size > 0) {
    for (const sender of senders) {
      if (!hasRoom()) return
      senders.delete(sender)
      // Behind all others.
      if (sender.sendOne()) senders.add(sender)
    }
  }
}
