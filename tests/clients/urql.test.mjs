// urql with its default settings: its document cache, and queries with GET where they fit.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { cacheExchange, Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { pipe, toAsyncIterable } from 'wonka';
import { authorization, createProgram, key, moveDeal, openDeal, socketClient, url } from './server.mjs';

const { programId, partnerKey } = await createProgram();

/** A client, and the methods of its requests. */
function connect({ token = key, exchanges = [cacheExchange, fetchExchange], ...options } = {}) {
  const methods = [];
  const client = new Client({
    url,
    fetchOptions: { headers: authorization(token) },
    fetch(address, init) {
      methods.push(init.method);
      return fetch(address, init);
    },
    exchanges,
    ...options,
  });
  return { client, methods };
}

/** Subscriptions by a socket that goes with its test. */
function overSocket(t) {
  const socket = socketClient();
  t.after(() => socket.dispose());
  return subscriptionExchange({
    forwardSubscription: (operation) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe(operation, sink) }),
    }),
  });
}

const DEALS = gql`
  query ($program: [ID!]) {
    deals(filter: { programId: $program }) { nodes { id stage } }
  }
`;
const MOVE = gql`
  mutation ($input: MoveDealInput!) {
    moveDeal(input: $input) { deal { id } userErrors { code field } }
  }
`;

const FOLLOW = gql`
  subscription ($deal: ID!, $after: Position) {
    dealStatusChanged(dealId: $deal, after: $after) { kind deal { id stage } }
  }
`;

const codes = ({ graphQLErrors }) => graphQLErrors.map(({ extensions }) => extensions.code);

describe('urql', { concurrency: true, timeout: 30_000 }, () => {
  test('a mutation makes the lists of what it changed be read again', async (t) => {
    const { programId } = await createProgram();
    const deal = await openDeal(programId);
    const { client, methods } = connect();
    const shown = new EventEmitter();
    const stages = [];
    const { unsubscribe } = client.query(DEALS, { program: [programId] }).subscribe(({ data, error, stale }) => {
      assert.equal(error, undefined);
      if (stale) return;
      stages.push(data.deals.nodes[0].stage);
      shown.emit(String(stages.length));
    });
    t.after(unsubscribe);
    await once(shown, '1');
    const again = once(shown, '2');
    const input = { idempotencyKey: randomUUID(), id: deal, stage: 'Proposal' };
    const { data } = await client.mutation(MOVE, { input });
    assert.deepEqual(data.moveDeal.userErrors, []);
    await again;
    assert.deepEqual(stages, ['New', 'Proposal']);
    await client.query(DEALS, { program: [programId] });
    assert.deepEqual(methods, ['GET', 'POST', 'GET']);
  });

  test('errors keep their codes, before anything ran and after', async (t) => {
    const owner = connect().client;
    const partner = connect({ token: partnerKey }).client;
    const stranger = connect({ token: 'wrong' }).client;
    for (const [client, query, code] of [
      [owner, gql`{ unknown }`, 'GRAPHQL_VALIDATION_FAILED'],
      [owner, gql`{ deals(first: 1000) { nodes { id } } }`, 'INVALID_INPUT'],
      [partner, gql`{ events { id } }`, 'FORBIDDEN'],
      [stranger, gql`{ viewer { role } }`, 'UNAUTHENTICATED'],
    ]) {
      const { error } = await client.query(query, {});
      assert.deepEqual(codes(error), [code], String(error));
    }
  });

  test('what can be shown stays where another part is forbidden', async (t) => {
    const { client } = connect({ token: partnerKey });
    const { data, error } = await client.query(gql`{ viewer { role } ledger { balanced } }`, {});
    assert.deepEqual(codes(error), ['FORBIDDEN']);
    assert.equal(data.viewer.role, 'PARTNER');
    assert.equal(data.ledger, null);
  });

  for (const [way, options] of [
    ['a socket', (t) => ({ exchanges: [cacheExchange, fetchExchange, overSocket(t)] })],
    ['an event stream', () => ({ fetchSubscriptions: true })],
  ]) {
    test(`a deal is followed over ${way}`, async (t) => {
      const deal = await openDeal(programId);
      const { client } = connect(options(t));
      const events = pipe(client.subscription(FOLLOW, { deal, after: '0' }), toAsyncIterable);
      const kinds = [];
      for await (const { data, error } of events) {
        assert.equal(error, undefined);
        kinds.push(data.dealStatusChanged.kind);
        if (kinds.length === 2) break;
        await moveDeal(deal, 'Proposal');
      }
      assert.deepEqual(kinds, ['DEAL_OPENED', 'DEAL_STAGE_CHANGED']);
    });
  }
});
