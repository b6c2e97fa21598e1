// The client of graphql-ws, on the good path and on the others.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import {
  authorization, collect, createKey, createProgram, line, moveDeal, openDeal, run, socketClient, socketUrl,
} from './server.mjs';

const FOLLOW = `subscription ($deal: ID, $after: Position) {
  dealStatusChanged(dealId: $deal, after: $after) { position kind deal { id stage } }
}`;
const ROLE = '{ viewer { role } }';
const { programId, partnerId, partnerKey } = await createProgram();

/** A client that goes with its test. */
function connect(t, options) {
  const client = socketClient(options);
  t.after(() => client.dispose());
  return client;
}

/** Events of a deal from its beginning on. */
function follow(client, deal, after = '0') {
  return client.iterate({ query: FOLLOW, variables: { deal, after } });
}

const codes = (errors) => errors.map(({ extensions }) => extensions.code);
const closed = (code) => (event) => event.code === code;

/** How a connection ends that sends these messages. */
async function end(messages, protocol = 'graphql-transport-ws') {
  const socket = new WebSocket(socketUrl(), protocol);
  socket.on('open', () => {
    for (const message of messages) socket.send(JSON.stringify(message));
  });
  const [code] = await once(socket, 'close');
  return code;
}

describe('graphql-ws', { concurrency: true, timeout: 60_000 }, () => {
  test('a query has one result and its cost', async (t) => {
    const [result, ...more] = await collect(connect(t).iterate({ query: ROLE }));
    assert.deepEqual(result.data, { viewer: { role: 'OWNER' } });
    assert.equal(result.extensions.cost.maximumQueryCost, 20_000);
    assert.deepEqual(more, []);
  });

  test('a deal is followed from its beginning and as it goes on', async (t) => {
    const deal = await openDeal(programId);
    const events = follow(connect(t), deal);
    assert.equal((await events.next()).value.data.dealStatusChanged.kind, 'DEAL_OPENED');
    await moveDeal(deal, 'Proposal');
    const moved = (await events.next()).value.data.dealStatusChanged;
    assert.equal(moved.kind, 'DEAL_STAGE_CHANGED');
    assert.deepEqual(moved.deal, { id: deal, stage: 'Proposal' });
    await events.return();
  });

  test('a key may come with the upgrade', async (t) => {
    class Keyed extends WebSocket {
      constructor(address, protocol) {
        super(address, protocol, { headers: authorization() });
      }
    }
    const client = connect(t, { webSocketImpl: Keyed, connectionParams: undefined });
    const [result] = await collect(client.iterate({ query: ROLE }));
    assert.equal(result.data.viewer.role, 'OWNER');
  });

  test('a wrong key closes the connection', async (t) => {
    for (const connectionParams of [undefined, authorization('wrong'), { authorization: 'wrong' }]) {
      const client = connect(t, { connectionParams });
      await assert.rejects(collect(client.iterate({ query: ROLE })), closed(4403));
    }
  });

  test('a key that is revoked starts nothing more, and ends what runs', async (t) => {
    const [one, two] = [await createKey('OWNER'), await createKey('OWNER')];
    const idle = connect(t, { lazy: false, onNonLazyError() {}, connectionParams: authorization(one.token) });
    await new Promise((resolve) => idle.on('connected', resolve));
    const running = follow(connect(t, { connectionParams: authorization(two.token) }), await openDeal(programId));
    await running.next();
    for (const { apiKey } of [one, two]) await run('revokeApiKey', { id: apiKey.id }, 'apiKey { revokedAt }');
    await assert.rejects(collect(idle.iterate({ query: ROLE })), closed(4403));
    // Within 30 seconds.
    await assert.rejects(running.next(), closed(4403));
  });

  test('a connection that was lost is resumed without a gap or a repetition', async (t) => {
    const deal = await openDeal(programId, 'Stage 0');
    const route = await line();
    t.after(() => route.close());
    let away = 0;
    const client = connect(t, {
      url: socketUrl(route.url),
      retryAttempts: 3,
      shouldRetry: () => true,
      // What happens while nobody listens.
      async retryWait() {
        away += 1;
        await moveDeal(deal, `Away ${away}`);
      },
    });
    // The client sends the same object again, so it carries the last position.
    const variables = { deal, after: '0' };
    const stages = [];
    for await (const { data } of client.iterate({ query: FOLLOW, variables })) {
      const { position, kind } = data.dealStatusChanged;
      variables.after = position;
      stages.push([position, kind]);
      if (stages.length === 1 || stages.length === 2) route.cut();
      if (stages.length === 3) break;
    }
    assert.equal(away, 2);
    const replayed = [];
    for await (const { data } of follow(connect(t), deal)) {
      replayed.push([data.dealStatusChanged.position, data.dealStatusChanged.kind]);
      if (replayed.length === 3) break;
    }
    assert.deepEqual(stages, replayed);
  });

  test('what fails before it runs is an error, and the connection stays', async (t) => {
    const client = connect(t, { lazy: false });
    let connections = 0;
    client.on('connected', () => { connections += 1; });
    for (const [payload, code] of [
      [{ query: 'subscription { unknown }' }, 'GRAPHQL_VALIDATION_FAILED'],
      [{ query: 'subscription {' }, 'GRAPHQL_PARSE_FAILED'],
      [{ query: `query A ${ROLE}`, operationName: 'B' }, 'UNKNOWN_OPERATION'],
      [{ query: FOLLOW, variables: { after: 'nowhere' } }, 'GRAPHQL_VALIDATION_FAILED'],
      [{ query: 'mutation { stagePluginUpload { upload { id } } }' }, 'MUTATION_OVER_STREAM'],
    ]) {
      await assert.rejects(collect(client.iterate(payload)), (errors) => {
        assert.deepEqual(codes(errors), [code]);
        return true;
      });
    }
    const [result] = await collect(client.iterate({ query: ROLE }));
    assert.equal(result.data.viewer.role, 'OWNER');
    assert.equal(connections, 1);
  });

  test('what cannot be followed ends with its error', async (t) => {
    const deal = await openDeal(programId);
    const partner = connect(t, { connectionParams: authorization(partnerKey) });
    for (const [client, variables, code] of [
      [connect(t), { deal: 'deal_none' }, 'NOT_FOUND'],
      [connect(t), { after: '0-999999999' }, 'POSITION_UNKNOWN'],
      [partner, { deal }, 'NOT_FOUND'],
      [partner, {}, 'FORBIDDEN'],
    ]) {
      const [result, ...more] = await collect(client.iterate({ query: FOLLOW, variables }));
      assert.deepEqual(codes(result.errors), [code], JSON.stringify(variables));
      assert.deepEqual(more, []);
    }
  });

  test('a deal that is followed and cannot be seen any longer ends with an error', async (t) => {
    const deal = await openDeal(programId);
    const { involvement } = await run(
      'recordInvolvement',
      {
        idempotencyKey: deal, dealId: deal, partnerId, role: 'SOURCED', kind: 'INTRODUCED', evidence: 'An email.',
      },
      'involvement { id }',
    );
    const events = follow(connect(t, { connectionParams: authorization(partnerKey) }), deal);
    await events.next();
    const ended = collect(events);
    const idempotencyKey = `${deal} declined`;
    await run('declineInvolvement', { idempotencyKey, id: involvement.id, reason: 'No.' }, 'involvement { state }');
    await moveDeal(deal, 'Proposal');
    assert.deepEqual(codes((await ended).at(-1).errors), ['NOT_FOUND']);
  });

  test('an operation that its client completes stops, and its connection stays', async (t) => {
    const deal = await openDeal(programId);
    const client = connect(t, { lazy: false });
    const ids = [];
    client.on('message', ({ id, type }) => { if (type === 'next') ids.push(id); });
    const [left, kept] = [follow(client, deal), follow(client, deal)];
    await left.next();
    await kept.next();
    const [first, second] = ids.splice(0);
    assert.notEqual(first, second);
    await left.return();
    await moveDeal(deal, 'Proposal');
    assert.equal((await kept.next()).value.data.dealStatusChanged.deal.stage, 'Proposal');
    // One of the two goes on.
    assert.equal(ids.length, 1);
    await kept.return();
  });

  test('pings go both ways', async (t) => {
    let socket;
    let pong;
    const heard = new Promise((resolve) => { pong = resolve; });
    const client = connect(t, {
      lazy: false,
      keepAlive: 100,
      on: {
        opened: (opened) => { socket = opened; },
        pong: (received) => received && pong(),
      },
    });
    await new Promise((resolve) => client.on('connected', resolve));
    await heard;
    // The server's own come as frames, each 15 seconds.
    await once(socket, 'ping', { signal: AbortSignal.timeout(20_000) });
  });

  test('connections that break the protocol are closed with its codes', async () => {
    const init = { type: 'connection_init', payload: authorization() };
    const subscribe = { id: '1', type: 'subscribe', payload: { query: FOLLOW } };
    assert.equal(await end([subscribe]), 4401);
    assert.equal(await end([init, init]), 4429);
    assert.equal(await end([init, subscribe, subscribe]), 4409);
    assert.equal(await end([{ type: 'unknown' }]), 4400);
    assert.equal(await end([init, { ...subscribe, payload: 'x'.repeat(64 * 1024) }]), 1009);
    assert.equal(await end([]), 4408);
  });

  test('another subprotocol is refused', async () => {
    // The client of ws gives up by itself where the server picks no subprotocol.
    const socket = new WebSocket(socketUrl(), 'graphql-ws');
    await once(socket, 'error');
    assert.equal(await end([], []), 4406);
  });
});
