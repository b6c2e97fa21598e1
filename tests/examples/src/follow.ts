// Follows all deals, and goes on after the last position seen when a connection is lost:
// nothing is missed and nothing comes twice.

import type { Client, CombinedError } from 'urql';
import { onEnd, pipe, subscribe } from 'wonka';
import { DealEventsDocument, type DealEventsSubscription, LastPositionDocument } from './gql/graphql';
import { hasCode } from './session';

export type DealEvent = DealEventsSubscription['dealStatusChanged'];

export interface Listener {
  event(event: DealEvent): void;
  /** The connection is lost, and is tried again. */
  lost(): void;
  /** The log does not have the last position, as after a restore: the list starts anew. */
  restarted(): void;
  /** It is of no use to try again. */
  stopped(error: CombinedError): void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** Ends when the signal is aborted, or after `stopped`. */
export async function follow(client: Client, signal: AbortSignal, listener: Listener) {
  // Without a position to start from, "from now on" would be another now after each
  // loss of a connection that comes before the first event.
  let position: string | undefined;
  let pause = FIRST_PAUSE;

  while (!signal.aborted) {
    let error: CombinedError | undefined;
    if (position === undefined) {
      const answer = await client.query(LastPositionDocument, {}, { requestPolicy: 'network-only' });
      position = answer.data?.viewer.tenant.lastPosition;
      error = answer.error;
      if (signal.aborted) return;
    }
    if (position !== undefined) {
      error = await listen(client, signal, position, (event) => {
        position = event.position;
        pause = FIRST_PAUSE;
        listener.event(event);
      });
    }
    if (signal.aborted) return;

    if (error && hasCode(error, 'POSITION_UNKNOWN')) {
      position = undefined;
      listener.restarted();
    } else if (error && !mayPass(error)) {
      return listener.stopped(error);
    } else {
      listener.lost();
    }
    // Up to twice as long by chance, so that not all pages come back at one moment.
    await sleep(pause * (1 + Math.random()), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** One subscription, until it ends; why it did, if it was an error. */
function listen(
  client: Client,
  signal: AbortSignal,
  after: string,
  onEvent: (event: DealEvent) => void,
): Promise<CombinedError | undefined> {
  return new Promise((resolve) => {
    let failure: CombinedError | undefined;
    const { unsubscribe } = pipe(
      client.subscription(DealEventsDocument, { after }),
      onEnd(() => resolve(failure)),
      subscribe(({ data, error }) => {
        if (error) failure = error;
        else if (data) onEvent(data.dealStatusChanged);
      }),
    );
    signal.addEventListener('abort', unsubscribe, { once: true });
  });
}

/** A lost connection does, and so does a server that cannot do it now. */
function mayPass(error: CombinedError): boolean {
  const passing = ['UNAVAILABLE', 'INTERNAL', 'TOO_MUCH_UNREAD', 'TIMED_OUT'];
  return error.graphQLErrors.length === 0 || passing.some((code) => hasCode(error, code));
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
