// The server under test, rows to look at, and a line to it that can be cut.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';

function setting(name) {
  return process.env[name] ?? assert.fail(`set ${name}`);
}

/** Where the server answers, as http://127.0.0.1:8080/graphql. */
export const url = setting('TRIBUTARY_URL');
/** The key of an owner. */
export const key = setting('TRIBUTARY_KEY');

/** A name that no other run has. */
export const unique = (name) => `${name} ${randomUUID().slice(0, 8)}`;

/** The data of an operation that must not fail. */
export async function data(query, variables = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

/** What a command answers that must not fail. */
export async function run(command, input, selection) {
  const type = `${command[0].toUpperCase()}${command.slice(1)}Input`;
  const answer = await data(
    `mutation ($input: ${type}!) {
      ${command}(input: $input) { ${selection} userErrors { code message } }
    }`,
    { input },
  );
  assert.deepEqual(answer[command].userErrors, [], command);
  return answer[command];
}

const once = () => ({ idempotencyKey: randomUUID() });

/** A program, open unless it has no terms yet; its name and id. */
export async function createProgram(name, currency, open = true) {
  const named = { ...once(), name: unique(name), currency, model: 'REFERRAL' };
  const { program } = await run('createProgram', named, 'program { id name }');
  if (!open) return program;
  const terms = {
    agreementText: 'Be fair.',
    protectionDays: 90,
    holdDays: 0,
    payoutMinimum: { amount: currency === 'JPY' ? '100' : '1.00', currency },
    rules: [{ role: 'SOURCED', formula: { percentage: { ratePercent: '10' } } }],
  };
  await run('publishTerms', { ...once(), programId: program.id, ...terms }, 'terms { id }');
  return program;
}

export async function openDeal(program, name, amount, currency) {
  const domain = `${randomUUID()}.example`;
  const input = {
    ...once(),
    programId: program.id,
    account: { name: `Customer of ${name}`, domain },
    name,
    amount: { amount, currency },
    stage: 'New',
  };
  return (await run('openDeal', input, 'deal { id }')).deal.id;
}

export const moveDeal = (id, stage) => run('moveDeal', { ...once(), id, stage }, 'deal { id }');
export const winDeal = (id) => run('closeDealWon', { ...once(), id }, 'deal { id }');
export const loseDeal = (id) =>
  run('closeDealLost', { id, reason: 'No budget' }, 'deal { id }');

/** Another key of the same person. */
export const createKey = (role) =>
  run('createApiKey', { name: unique(role), role }, 'token apiKey { id }');

/** A way to the server whose connections can be cut, refused, or left without a word. */
export async function openLine() {
  const target = new URL(url);
  const sockets = new Set();
  let mode = 'open';
  const proxy = net.createServer((near) => {
    if (mode === 'cut') return near.destroy();
    const far = net.connect(Number(target.port), target.hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));
  const cut = () => {
    mode = 'cut';
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: Object.assign(new URL(url), { port: String(proxy.address().port) }).href,
    cut,
    mend: () => (mode = 'open'),
    /** What is open stays open and carries nothing; new connections work. */
    stall: () => sockets.forEach((socket) => socket.unpipe()),
    close() {
      cut();
      proxy.close();
    },
  };
}
