// The stream of events: one long poll after another, and coming back after a gap.

import * as api from "./api.js";

const WAIT = 25;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Never returns. `onConnected` runs after each (re)connection, before its events, and should ask
 * for everything anew: what happened in between is not told again. `onLost` runs at each loss.
 * `onQuiet` runs when a poll brought nothing.
 */
export async function live({ onConnected, onLost, onEvent, onQuiet }) {
  let delay = FIRST_PAUSE;
  for (;;) {
    try {
      let after = await newest();
      await onConnected();
      delay = FIRST_PAUSE;
      for (;;) after = await next(after, onEvent, onQuiet);
    } catch (error) {
      if (!(error instanceof api.Unreachable || error instanceof api.Refused)) console.error(error);
      onLost();
      await pause(delay);
      delay = Math.min(delay * 2, LONGEST_PAUSE);
    }
  }
}

async function newest() {
  // An id beyond all others: what was kept need not be told, only how far it goes.
  return (await api.events(Number.MAX_SAFE_INTEGER, 0)).last;
}

async function next(after, onEvent, onQuiet) {
  const { events, last } = await api.events(after, WAIT);
  // Ids that begin again mean another simulator on the same port: ours is gone.
  if (last < after) throw new api.Unreachable("the simulator was started anew");
  for (const event of events) onEvent(event);
  if (events.length === 0) onQuiet();
  return last;
}
