// What the tests share: the server under test, requests, rows to work on, and a line
// that can be cut.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

function setting(name) {
  return process.env[name] ?? assert.fail(`set ${name}`);
}

/** Where the server answers, as http://127.0.0.1:8080/graphql. */
export const url = setting('TRIBUTARY_URL');
/** A key whose role is OWNER. */
export const key = setting('TRIBUTARY_KEY');
/** The file of the schema, and the folder of the pages' documents. */
export const schemaFile = path.resolve(setting('TRIBUTARY_SCHEMA'));
export const pagesFolder = path.resolve(path.dirname(schemaFile), '../tests/it/api/pages');

export const socketUrl = (address = url) => address.replace(/^http/, 'ws');
export const authorization = (token = key) => ({ authorization: `Bearer ${token}` });
/** A name that no other test has. */
export const unique = (name) => `${name}-${randomUUID()}`;

/** The whole answer to an operation. */
export async function request(query, variables = {}, token = key) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization(token) },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** The data of an operation that must not fail. */
export async function data(query, variables, token) {
  const answer = await request(query, variables, token);
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

/** What a command that must not fail answers. */
export async function run(command, input, selection, token) {
  const type = `${command[0].toUpperCase()}${command.slice(1)}Input`;
  const answer = await data(
    `mutation ($input: ${type}!) {
      ${command}(input: $input) { ${selection} userErrors { code message } }
    }`,
    { input },
    token,
  );
  assert.deepEqual(answer[command].userErrors, [], command);
  return answer[command];
}

/** Another key of the same person. */
export async function createKey(role, partnerId) {
  const input = { name: unique(role), role, partnerId };
  return run('createApiKey', input, 'token apiKey { id }');
}

/** A program that is open, and a partner in it with a key of its own. */
export async function createProgram() {
  const named = { idempotencyKey: randomUUID(), name: unique('Program') };
  const { program } = await run(
    'createProgram',
    { ...named, model: 'REFERRAL', currency: 'USD' },
    'program { id }',
  );
  const { terms } = await run(
    'publishTerms',
    {
      idempotencyKey: randomUUID(),
      programId: program.id,
      agreementText: 'Be fair.',
      protectionDays: 90,
      holdDays: 0,
      payoutMinimum: { amount: '1.00', currency: 'USD' },
      rules: [{ role: 'SOURCED', formula: { percentage: { ratePercent: '10' } } }],
    },
    'terms { id documentDigest }',
  );
  const { partner } = await run(
    'invitePartner',
    { idempotencyKey: randomUUID(), name: unique('Partner'), programId: program.id },
    'partner { id }',
  );
  await run(
    'acceptAgreement',
    {
      partnerId: partner.id,
      termsId: terms.id,
      documentDigest: terms.documentDigest,
      signerName: 'Sam Signer',
      signerAuthority: 'Managing director',
      act: 'clicked "I agree"',
    },
    'agreement { id }',
  );
  const partnerKey = (await createKey('PARTNER', partner.id)).token;
  return { programId: program.id, partnerId: partner.id, partnerKey };
}

/** An open deal of a program; its id. */
export async function openDeal(programId, stage = 'New') {
  const name = unique('deal');
  const { deal } = await run(
    'openDeal',
    {
      idempotencyKey: randomUUID(),
      programId,
      account: { name, domain: `${name}.example` },
      name,
      amount: { amount: '1000.00', currency: 'USD' },
      stage,
    },
    'deal { id }',
  );
  return deal.id;
}

/** Moves a deal on, which is an event. */
export async function moveDeal(id, stage) {
  await run('moveDeal', { idempotencyKey: randomUUID(), id, stage }, 'deal { id }');
}

/** The end of the tenant's log. */
export async function lastPosition() {
  return (await data('{ viewer { tenant { lastPosition } } }')).viewer.tenant.lastPosition;
}

/** A socket's client that does not try again by itself. */
export function socketClient(options = {}) {
  return createClient({
    url: socketUrl(),
    webSocketImpl: WebSocket,
    connectionParams: authorization(),
    retryAttempts: 0,
    ...options,
  });
}

/** All results of an operation that ends by itself. */
export async function collect(results) {
  const all = [];
  for await (const result of results) all.push(result);
  return all;
}

/** A way to the server that can be cut: all its connections at once. */
export async function line() {
  const target = new URL(url);
  const open = new Set();
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.on('error', () => {});
      from.on('close', () => { open.delete(from); to.destroy(); });
      from.pipe(to);
    }
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = () => { for (const socket of open) socket.destroy(); };
  return {
    url: Object.assign(new URL(url), { port: String(proxy.address().port) }).href,
    cut,
    close() { cut(); proxy.close(); },
  };
}
