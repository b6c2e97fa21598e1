// What a signed-in person has: the client of the API, its socket, and uploads.
// The key lives in the closure below and nowhere else: a reload forgets it.

import { createClient as createSocket } from 'graphql-ws';
import {
  cacheExchange,
  Client,
  type CombinedError,
  fetchExchange,
  mapExchange,
  subscriptionExchange,
} from 'urql';

const PING_MILLISECONDS = 10_000;
const PONG_MILLISECONDS = 5_000;

export type Problem = { code: string; message: string; field?: string[] | null };

export interface Session {
  client: Client;
  /** Calls back each time that the socket is open and the key was accepted. */
  onConnected(listener: () => void): () => void;
  /** Puts the bytes where an upload says. Answers why they were refused, if they were. */
  put(url: string, bytes: Blob): Promise<Problem[]>;
  end(): void;
}

/** `onKeyRefused` is called when the key is wrong, or is revoked later. */
export function startSession(url: string, key: string, onKeyRefused: () => void): Session {
  const authorization = `Bearer ${key}`;
  const socket = createSocket({
    url: url.replace(/^http/, 'ws'),
    // A browser's socket cannot send headers.
    connectionParams: { authorization },
    // A retry of its own would start at the first position again. See follow.ts.
    retryAttempts: 0,
    keepAlive: PING_MILLISECONDS,
  });

  // A connection that is gone without a word does not answer a ping.
  let silence: ReturnType<typeof setTimeout> | undefined;
  socket.on('ping', (received) => {
    if (!received) silence = setTimeout(() => socket.terminate(), PONG_MILLISECONDS);
  });
  socket.on('pong', () => clearTimeout(silence));
  socket.on('closed', () => clearTimeout(silence));

  const client = new Client({
    url,
    fetchOptions: { headers: { authorization } },
    // With GET, urql's default, each list would need a preflight request of its own.
    preferGetMethod: false,
    exchanges: [
      mapExchange({ onError: (error) => isKeyRefused(error) && onKeyRefused() }),
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query: query ?? '', variables }, sink),
          }),
        }),
      }),
    ],
  });

  return {
    client,
    onConnected: (listener) => socket.on('connected', listener),
    async put(address, bytes) {
      const response = await fetch(address, {
        method: 'PUT',
        headers: { authorization },
        body: bytes,
      });
      if (response.ok) return [];
      const body: unknown = await response.json().catch(() => null);
      const problem = (body as { error?: Problem } | null)?.error;
      return [problem ?? { code: `HTTP ${response.status}`, message: response.statusText }];
    },
    end: () => void socket.dispose(),
  };
}

export function hasCode(error: CombinedError, code: string): boolean {
  return error.graphQLErrors.some((each) => each.extensions.code === code);
}

function isKeyRefused(error: CombinedError): boolean {
  return hasCode(error, 'UNAUTHENTICATED') || closeCode(error) === 4403;
}

/** The code that the socket closed with, if that is what happened. */
function closeCode({ networkError }: CombinedError): unknown {
  return networkError && 'code' in networkError ? networkError.code : undefined;
}

/** What went wrong, for a person. */
export function problemsOf(error: CombinedError): Problem[] {
  if (isKeyRefused(error)) {
    return [{ code: 'UNAUTHENTICATED', message: 'The key is wrong, or it was revoked.' }];
  }
  if (error.graphQLErrors.length === 0) {
    return [{ code: 'UNREACHABLE', message: 'The server does not answer.' }];
  }
  return error.graphQLErrors.map(({ extensions, message }) => ({
    code: String(extensions.code),
    message,
  }));
}
