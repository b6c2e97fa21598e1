// The server audits of graphql-http: what GraphQL over HTTP asks of a server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { authorization, url } from './server.mjs';

/** Those that do not pass, and why. */
const known = new Map([]);

const audits = serverAudits({
  url,
  fetchFn: (address, init) =>
    fetch(address, { ...init, headers: { ...init?.headers, ...authorization() } }),
});

test('there are 61 audits, and each that is known has its reason', () => {
  assert.equal(audits.length, 61);
  const ids = audits.map(({ id }) => id);
  for (const [id, reason] of known) {
    assert.ok(ids.includes(id) && reason, id);
  }
});

for (const { id, name, fn } of audits) {
  test(`${id}: ${name}`, async () => {
    const { status, reason } = await fn();
    if (known.has(id)) {
      assert.notEqual(status, 'ok', `${id} passes now: take it from the list`);
    } else {
      assert.equal(status, 'ok', reason);
    }
  });
}
