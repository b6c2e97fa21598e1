// Apollo Client with its default settings, beside the pagination that its documentation
// gives for connections.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { filter, firstValueFrom } from 'rxjs';
import { authorization, createProgram, key, lastPosition, moveDeal, openDeal, socketClient, url } from './server.mjs';

const { programId, partnerId, partnerKey } = await createProgram();

/** A client that goes with its test, and how many requests it made. */
function connect(t, token = key) {
  const socket = socketClient({ connectionParams: authorization(token) });
  const http = new HttpLink({ uri: url, headers: authorization(token) });
  const counter = { requests: 0 };
  const counting = new ApolloLink((operation, forward) => {
    counter.requests += 1;
    return forward(operation);
  });
  const isSubscription = ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION;
  const client = new ApolloClient({
    link: ApolloLink.from([counting, ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http)]),
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: { deals: relayStylePagination(['filter', 'orderBy']) } },
        Partner: { fields: { deals: relayStylePagination(['filter', 'orderBy']) } },
      },
    }),
  });
  t.after(() => { client.stop(); return socket.dispose(); });
  return { client, counter };
}

const DEALS = gql`
  query Deals($program: [ID!], $first: Int, $after: String) {
    deals(filter: { programId: $program }, first: $first, after: $after) {
      edges { cursor node { id name stage amount { amount currency } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
const DEAL = gql`
  query Deal($id: ID!) {
    node(id: $id) { id ... on Deal { name stage } }
  }
`;
const MOVE = gql`
  mutation Move($input: MoveDealInput!) {
    moveDeal(input: $input) { deal { id stage } userErrors { code field message } }
  }
`;

/** What a watched query shows, once it shows all that it asks for and this is so. */
async function shown(query, isSo = () => true) {
  const results = query.pipe(filter(({ data, dataState }) => dataState === 'complete' && isSo(data)));
  return (await firstValueFrom(results)).data;
}
const codes = (error) => error.errors.map(({ extensions }) => extensions.code);

describe('Apollo Client', { concurrency: true, timeout: 30_000 }, () => {
  test('pages are joined, and read again from the cache', async (t) => {
    const { programId } = await createProgram();
    const deals = [];
    for (let deal = 0; deal < 5; deal += 1) deals.push(await openDeal(programId));
    const { client, counter } = connect(t);
    const variables = { program: [programId], first: 2 };
    const page = client.watchQuery({ query: DEALS, variables });
    const watching = page.subscribe({});
    t.after(() => watching.unsubscribe());
    let data = await shown(page);
    while (data.deals.pageInfo.hasNextPage) {
      const { edges, pageInfo } = data.deals;
      await page.fetchMore({ variables: { after: pageInfo.endCursor } });
      data = await shown(page, ({ deals }) => deals.edges.length > edges.length);
    }
    assert.deepEqual(data.deals.edges.map(({ node }) => node.id), deals);
    assert.equal(counter.requests, 3);
    const again = await client.query({ query: DEALS, variables });
    assert.equal(again.data.deals.edges.length, 5);
    assert.equal(counter.requests, 3);
  });

  test('a mutation changes what is shown, by its id', async (t) => {
    const deal = await openDeal(programId);
    const { client, counter } = connect(t);
    const { data } = await client.query({ query: DEAL, variables: { id: deal } });
    assert.equal(data.node.stage, 'New');
    const input = { idempotencyKey: randomUUID(), id: deal, stage: 'Proposal' };
    const moved = await client.mutate({ mutation: MOVE, variables: { input } });
    assert.deepEqual(moved.data.moveDeal.userErrors, []);
    const again = await client.query({ query: DEAL, variables: { id: deal } });
    assert.equal(again.data.node.stage, 'Proposal');
    assert.equal(counter.requests, 2);
    assert.equal(client.cache.extract()[`Deal:${deal}`].stage, 'Proposal');
  });

  test('what a person can act on is data, and no error', async (t) => {
    const { client } = connect(t);
    const input = { idempotencyKey: randomUUID(), id: 'deal_none', stage: 'Proposal' };
    const { data, error } = await client.mutate({ mutation: MOVE, variables: { input } });
    assert.equal(error, undefined);
    assert.equal(data.moveDeal.deal, null);
    assert.deepEqual(data.moveDeal.userErrors.map(({ code, field }) => [code, field]), [
      ['NOT_FOUND', ['input', 'id']],
    ]);
  });

  test('errors keep their codes, before anything ran and after', async (t) => {
    const partner = connect(t, partnerKey).client;
    const stranger = connect(t, 'wrong').client;
    const owner = connect(t).client;
    for (const [client, query, code] of [
      [owner, gql`{ unknown }`, 'GRAPHQL_VALIDATION_FAILED'],
      [owner, gql`{ deals(first: 1000) { nodes { id } } }`, 'INVALID_INPUT'],
      [partner, gql`{ events { id } }`, 'FORBIDDEN'],
      [stranger, gql`{ viewer { role } }`, 'UNAUTHENTICATED'],
    ]) {
      await assert.rejects(client.query({ query }), (error) => {
        assert.ok(CombinedGraphQLErrors.is(error), String(error));
        assert.deepEqual(codes(error), [code]);
        return true;
      });
    }
  });

  test('what can be shown stays where another part is forbidden', async (t) => {
    const { client } = connect(t, partnerKey);
    const query = gql`{ viewer { role } ledger { balanced } apiKeys { nodes { id } } }`;
    const { data, error } = await client.query({ query, errorPolicy: 'all' });
    assert.deepEqual(codes(error), ['FORBIDDEN', 'FORBIDDEN']);
    assert.equal(data.viewer.role, 'PARTNER');
    assert.equal(data.ledger, null);
    assert.equal(data.apiKeys, null);
  });

  // Apollo joins what two queries read of an object only where it has an id.
  for (const [first, second] of [
    ['{ viewer { id role } }', '{ viewer { id permissions } }'],
    ['{ ledger { id balanced } }', '{ ledger { id entryCount } }'],
  ]) {
    test(`${second} keeps what ${first} read`, async (t) => {
      const { client, counter } = connect(t);
      for (const query of [first, second, first]) await client.query({ query: gql(query) });
      assert.equal(counter.requests, 2);
    });
  }

  test('a subscription changes what is shown, by its id', async (t) => {
    const deal = await openDeal(programId);
    const { client, counter } = connect(t);
    const page = client.watchQuery({ query: DEAL, variables: { id: deal } });
    const watching = page.subscribe({});
    t.after(() => watching.unsubscribe());
    assert.equal((await shown(page)).node.stage, 'New');
    const follow = gql`
      subscription Follow($deal: ID!, $after: Position) {
        dealStatusChanged(dealId: $deal, after: $after) { position kind deal { id stage } }
      }
    `;
    const events = client.subscribe({ query: follow, variables: { deal, after: await lastPosition() } });
    const kinds = [];
    const following = events.subscribe(({ data }) => kinds.push(data.dealStatusChanged.kind));
    t.after(() => following.unsubscribe());
    await moveDeal(deal, 'Proposal');
    await shown(page, ({ node }) => node.stage === 'Proposal');
    assert.deepEqual(kinds, ['DEAL_STAGE_CHANGED']);
    assert.equal(counter.requests, 2);
  });
});
