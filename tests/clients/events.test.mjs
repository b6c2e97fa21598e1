// The client of graphql-sse, a connection for each operation, on the good path and on the
// others.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClient, NetworkError } from 'graphql-sse';
import { authorization, collect, createKey, createProgram, line, moveDeal, openDeal, run, url } from './server.mjs';

const FOLLOW = `subscription ($deal: ID, $after: Position) {
  dealStatusChanged(dealId: $deal, after: $after) { position kind deal { id stage } }
}`;
const ROLE = '{ viewer { role } }';
const { programId, partnerKey } = await createProgram();

/** A client that goes with its test, and does not try again by itself. */
function connect(t, options) {
  const client = createClient({ url, headers: authorization(), retryAttempts: 0, ...options });
  t.after(() => client.dispose());
  return client;
}

/** Events of a deal from its beginning on. */
function follow(client, deal) {
  return client.iterate({ query: FOLLOW, variables: { deal, after: '0' } });
}

const codes = (errors) => errors.map(({ extensions }) => extensions.code);
const refused = (status) => (error) => error instanceof NetworkError && error.response.status === status;

describe('graphql-sse', { concurrency: true, timeout: 60_000 }, () => {
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

  test('a wrong key is refused', async (t) => {
    for (const headers of [{}, authorization('wrong')]) {
      const client = connect(t, { headers });
      await assert.rejects(collect(client.iterate({ query: ROLE })), refused(401));
    }
  });

  test('a key that is revoked ends its streams with an error', async (t) => {
    const { token, apiKey } = await createKey('OWNER');
    const events = follow(connect(t, { headers: authorization(token) }), await openDeal(programId));
    await events.next();
    await run('revokeApiKey', { id: apiKey.id }, 'apiKey { revokedAt }');
    // Within 30 seconds.
    const [result, ...more] = await collect(events);
    assert.deepEqual(codes(result.errors), ['UNAUTHENTICATED']);
    assert.deepEqual(more, []);
  });

  test('a stream that was lost is resumed without a gap or a repetition', async (t) => {
    const deal = await openDeal(programId, 'Stage 0');
    const route = await line();
    t.after(() => route.close());
    let away = 0;
    const client = connect(t, {
      url: route.url,
      retryAttempts: 3,
      // What happens while nobody listens.
      async retry() {
        away += 1;
        await moveDeal(deal, `Away ${away}`);
      },
    });
    // The client sends the same object again, so it carries the last position.
    const variables = { deal, after: '0' };
    const kinds = [];
    for await (const { data } of client.iterate({ query: FOLLOW, variables })) {
      const { position, kind } = data.dealStatusChanged;
      variables.after = position;
      kinds.push(kind);
      if (kinds.length === 3) break;
      route.cut();
    }
    assert.equal(away, 2);
    assert.deepEqual(kinds, ['DEAL_OPENED', 'DEAL_STAGE_CHANGED', 'DEAL_STAGE_CHANGED']);
  });

  test('what fails before it runs is a result with errors', async (t) => {
    const client = connect(t);
    for (const [payload, code] of [
      [{ query: 'subscription { unknown }' }, 'GRAPHQL_VALIDATION_FAILED'],
      [{ query: 'subscription {' }, 'GRAPHQL_PARSE_FAILED'],
      [{ query: `query A ${ROLE}`, operationName: 'B' }, 'UNKNOWN_OPERATION'],
      [{ query: 'mutation { stagePluginUpload { upload { id } } }' }, 'MUTATION_OVER_STREAM'],
    ]) {
      const [result, ...more] = await collect(client.iterate(payload));
      assert.deepEqual(codes(result.errors), [code]);
      assert.equal('data' in result, false);
      assert.deepEqual(more, []);
    }
  });

  test('a request that is none is refused', async (t) => {
    await assert.rejects(collect(connect(t).iterate({ query: '' })), refused(400));
  });

  test('what cannot be followed ends with its error', async (t) => {
    const deal = await openDeal(programId);
    const partner = connect(t, { headers: authorization(partnerKey) });
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

  test('a stream that its client leaves is closed, and its place is free', async (t) => {
    const deal = await openDeal(programId);
    const { token } = await createKey('OWNER');
    const client = connect(t, { headers: authorization(token) });
    // A key may have 100 streams at a time.
    for (let round = 0; round < 11; round += 1) {
      const streams = Array.from({ length: 10 }, () => follow(client, deal));
      await Promise.all(streams.map((stream) => stream.next()));
      await Promise.all(streams.map((stream) => stream.return()));
    }
    const [result] = await collect(client.iterate({ query: ROLE }));
    assert.equal(result.data.viewer.role, 'OWNER');
  });

  test('a connection for all operations is not offered', async (t) => {
    const client = connect(t, { singleConnection: true });
    await assert.rejects(collect(client.iterate({ query: ROLE })), refused(405));
  });
});
