// Long polling for the simulator's events, with reconnection.

import * as api from "./api.js";

const WAIT_SECONDS = 25; // of one long poll
const FIRST_PAUSE_MS = 500; // before a reconnection; doubled after each failure
const MAX_PAUSE_MS = 4_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Receives events for ever.
 *
 * onConnected: called after each connection; must reload all data, as events may be missed
 * onLost:      called when the connection is lost
 * onEvent:     called with each event
 * onQuiet:     called after a poll without events
 */
export async function followEvents({ onConnected, onLost, onEvent, onQuiet }) {
  let delay = FIRST_PAUSE_MS;
  for (;;) {
    try {
      let after = await readLastEventId();
      await onConnected();
      delay = FIRST_PAUSE_MS;
      for (;;) after = await readNextEvents(after, onEvent, onQuiet);
    } catch (error) {
      if (!(error instanceof api.SimulatorUnreachable || error instanceof api.RequestRefused)) console.error(error);
      onLost();
      await pause(delay);
      delay = Math.min(delay * 2, MAX_PAUSE_MS);
    }
  }
}

async function readLastEventId() {
  // No event has this id, so the answer contains only the last id.
  return (await api.waitForEvents(Number.MAX_SAFE_INTEGER, 0)).last;
}

/** Passes the events after an id to `onEvent`; returns the last id. */
async function readNextEvents(after, onEvent, onQuiet) {
  const { events, last } = await api.waitForEvents(after, WAIT_SECONDS);
  // A lower id shows that another simulator was started on the same port.
  if (last < after) throw new api.SimulatorUnreachable("the simulator was started anew");
  for (const event of events) onEvent(event);
  if (events.length === 0) onQuiet();
  return last;
}
