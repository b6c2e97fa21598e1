// The live list: it follows, resumes without gap or repetition, and says where it stands.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { column, open, press, rows, sees, shot, signIn, until } from './browser.mjs';
import {
  createKey, createProgram, moveDeal, openDeal, openLine, run, unique,
} from './server.mjs';

const [KIND, DEAL, POSITION] = [1, 2, 6];
let program;

before(async () => {
  program = await createProgram('Live', 'USD');
});

async function live(t, options) {
  const page = await open(t);
  await signIn(page, options);
  await press(page, 'Live');
  await status(page, 'Live');
  return page;
}

const status = (page, text) =>
  until(page, (text) => document.querySelector('.status')?.textContent === text, text);

/** What the page tells of one deal, oldest first, once there is so much. */
async function told(page, name, count) {
  // A row shows the deal as it is now, so its stage does not tell which event it is.
  const enough = (name, count) =>
    [...document.querySelectorAll('tbody tr')].filter((row) => row.innerText.includes(name))
      .length >= count;
  await until(page, enough, name, count);
  const ofDeal = (await rows(page)).filter((cells) => cells[DEAL] === name);
  return ofDeal.map((cells) => cells[KIND]).reverse();
}

describe('the live list', { concurrency: true }, () => {
  test('tells what happens, newest first', async (t) => {
    const page = await live(t);
    const name = unique('Followed');
    const id = await openDeal(program, name, '1500.00', 'USD');
    await moveDeal(id, 'Negotiation');
    assert.deepEqual(await told(page, name, 2), ['Deal opened', 'Deal stage changed']);
    await shot(page, 'live');
  });

  test('goes on after a connection that was cut, without gap or repetition', async (t) => {
    const line = await openLine();
    t.after(() => line.close());
    const page = await live(t, { url: line.url });
    const name = unique('Cut');

    // Nothing was told yet: the position that the page started from is what counts.
    line.cut();
    await status(page, 'Connection lost, trying again…');
    const id = await openDeal(program, name, '100.00', 'USD');
    await moveDeal(id, 'Missed');
    await shot(page, 'live-lost');
    line.mend();
    await status(page, 'Live');
    await sees(page, name);

    await moveDeal(id, 'Seen');
    await sees(page, 'Seen');
    line.cut();
    await status(page, 'Connection lost, trying again…');
    for (const stage of ['A', 'B', 'C']) await moveDeal(id, stage);
    line.mend();
    await status(page, 'Live');
    await moveDeal(id, 'After the cuts');
    const moves = Array(6).fill('Deal stage changed');
    assert.deepEqual(await told(page, name, 7), ['Deal opened', ...moves]);
    const positions = await column(page, POSITION);
    const places = positions.map((position) => Number(position.split('-')[1]));
    assert.deepEqual(places, [...new Set(places)].sort((a, b) => b - a));
    await shot(page, 'live-resumed');
  });

  test('notices a connection that is gone without a word', async (t) => {
    const line = await openLine();
    t.after(() => line.close());
    const page = await live(t, { url: line.url });
    const name = unique('Silent');
    line.stall();
    await openDeal(program, name, '100.00', 'USD');
    await status(page, 'Connection lost, trying again…');
    await status(page, 'Live');
    assert.deepEqual(await told(page, name, 1), ['Deal opened']);
  });

  test('closes its socket when the page is left', async (t) => {
    const line = await openLine();
    t.after(() => line.close());
    const page = await live(t, { url: line.url });
    const devtools = await page.createCDPSession();
    await devtools.send('Network.enable');
    const closed = new Promise((done) => devtools.once('Network.webSocketClosed', done));
    await press(page, 'Deals');
    await closed;
  });

  test('ends when its key was revoked', async (t) => {
    const line = await openLine();
    t.after(() => line.close());
    const { token, apiKey } = await createKey('VIEWER');
    const page = await live(t, { url: line.url, key: token });
    // It would be told within half a minute; at a new connection it is told at once.
    line.cut();
    await run('revokeApiKey', { id: apiKey.id }, 'apiKey { id }');
    line.mend();
    await sees(page, 'The key is no longer valid.');
  });
});
