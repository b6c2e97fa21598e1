// The table of deals: filters, order, pages, count and sums, errors.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  choose, column, fill, open, press, pressable, rows, says, sees, shot, signIn, text,
} from './browser.mjs';
import {
  createKey, createProgram, data, openDeal, loseDeal, openLine, unique, url, winDeal,
} from './server.mjs';

const DEALS = 23;
const [NAME, STATE, AMOUNT] = [0, 3, 6];
const dealName = (number) => `Deal ${String(number).padStart(2, '0')}`;
const names = (from, to) => {
  const step = from < to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => dealName(from + i * step));
};

let referral;
let yen;
let dollars;
let draft;

before(async () => {
  referral = await createProgram('Referral', 'USD');
  yen = await createProgram('Reseller Japan', 'JPY');
  dollars = await createProgram('Reseller', 'USD');
  draft = await createProgram('Draft', 'USD', false);
  for (let number = 1; number <= DEALS; number += 1) {
    const id = await openDeal(referral, dealName(number), `${number * 100}.10`, 'USD');
    if (number <= 3) await winDeal(id);
  }
  for (const [amount, currency, program] of [['1234567', 'JPY', yen], ['0.50', 'USD', dollars]]) {
    await loseDeal(await openDeal(program, 'Lost deal', amount, currency));
  }
});

async function deals(t, ...options) {
  const page = await open(t);
  await signIn(page, ...options);
  await sees(page, 'New deal');
  return page;
}

describe('the table of deals', { concurrency: 3 }, () => {
  test('pages go forwards and back, and say when there are no more', async (t) => {
    const page = await deals(t);
    await choose(page, 'Program', referral.name);
    await sees(page, `${DEALS} deals`);
    assert.deepEqual(await column(page, NAME), names(23, 14));
    assert.equal(await pressable(page, 'Previous'), false);
    await shot(page, 'deals');

    await press(page, 'Next');
    await sees(page, dealName(13));
    assert.deepEqual(await column(page, NAME), names(13, 4));
    await press(page, 'Next');
    await sees(page, dealName(3));
    assert.deepEqual(await column(page, NAME), names(3, 1));
    assert.equal(await pressable(page, 'Next'), false);
    await shot(page, 'deals-last-page');

    await press(page, 'Previous');
    await sees(page, dealName(13));
    assert.deepEqual(await column(page, NAME), names(13, 4));
    assert.equal(await pressable(page, 'Next'), true);
    await press(page, 'Previous');
    await sees(page, dealName(23));
    assert.deepEqual(await column(page, NAME), names(23, 14));
    assert.equal(await pressable(page, 'Previous'), false);
  });

  test('a filter by state counts and adds up what passes it', async (t) => {
    const page = await deals(t);
    await choose(page, 'Program', referral.name);
    await choose(page, 'State', 'Won');
    await says(page, 'Count', '3 deals');
    assert.deepEqual(await column(page, STATE), ['Won', 'Won', 'Won']);
    assert.equal(await text(page, 'Sums'), '600.30 USD');
  });

  test('sums are by currency', async (t) => {
    const page = await deals(t);
    await choose(page, 'State', 'Lost');
    const { deals: lost } = await data(`{
      deals(filter: { state: [CLOSED_LOST] }) { totalCount { count } amountTotals { amount currency } }
    }`);
    assert.ok(lost.amountTotals.length > 1);
    // Sums of the whole list are there until those of the filter come.
    await says(page, 'Count', `${lost.totalCount.count} deals`);
    const shown = (await text(page, 'Sums')).replaceAll(',', '');
    const sums = lost.amountTotals.map(({ amount, currency }) => `${amount} ${currency}`);
    assert.equal(shown, sums.join(' + '));
    await shot(page, 'deals-sums');
  });

  test('a filter that nothing passes says so, and a new deal appears in it', async (t) => {
    const program = await createProgram('Empty', 'USD');
    const page = await deals(t);
    await choose(page, 'Program', program.name);
    await sees(page, 'No deal passes the filter.');
    await shot(page, 'deals-none');

    await press(page, 'New deal');
    const name = await fillDeal(page, `${program.name} (USD)`, '1000.00');
    await press(page, 'Open deal');
    await sees(page, `Opened “${name}”`);
    await sees(page, '1 deal,');
    assert.deepEqual(await column(page, NAME), [name]);
  });

  test('the order changes, and starts at its first page', async (t) => {
    const page = await deals(t);
    await choose(page, 'Program', referral.name);
    await sees(page, `${DEALS} deals`);
    await press(page, 'Next');
    await sees(page, dealName(13));
    await choose(page, 'Order', 'Smallest first');
    await sees(page, dealName(1));
    assert.deepEqual(await column(page, NAME), names(1, 10));
    assert.equal((await column(page, AMOUNT))[9], '1,000.10 USD');
  });

  test('what the server refuses is shown with its code and place', async (t) => {
    const page = await deals(t);
    await press(page, 'New deal');
    const name = await fillDeal(page, `${referral.name} (USD)`, '12.345');
    await press(page, 'Open deal');
    await sees(page, 'INVALID_INPUT amount.amount');
    await shot(page, 'deals-user-errors');

    await choose(page, 'In program', `${draft.name} (USD)`);
    await fill(page, 'Amount', '12.34');
    await press(page, 'Open deal');
    await sees(page, 'PROGRAM_NOT_OPEN');

    await choose(page, 'In program', `${yen.name} (JPY)`);
    await fill(page, 'Amount', '1234');
    await press(page, 'Open deal');
    await sees(page, `Opened “${name}”`);
  });

  test('a command that is not allowed says so', async (t) => {
    const page = await deals(t, { key: (await createKey('VIEWER')).token });
    await press(page, 'New deal');
    await fillDeal(page, `${referral.name} (USD)`, '1.00');
    await press(page, 'Open deal');
    await sees(page, 'FORBIDDEN');
  });

  test('a deal whose answer was lost is opened once', async (t) => {
    const program = await createProgram('Once', 'USD');
    const page = await deals(t);
    await choose(page, 'Program', program.name);
    await press(page, 'New deal');
    const name = await fillDeal(page, `${program.name} (USD)`, '5.00');

    // The server does what it is asked, and its answer does not arrive.
    await page.setRequestInterception(true);
    const lose = async (request) => {
      if (!request.postData()?.includes('OpenDeal')) return request.continue();
      page.off('request', lose);
      page.on('request', (later) => later.continue());
      await fetch(url, { method: 'POST', headers: request.headers(), body: request.postData() });
      await request.abort();
    };
    page.on('request', lose);
    await press(page, 'Open deal');
    await sees(page, 'UNREACHABLE');
    await press(page, 'Open deal');
    await sees(page, `Opened “${name}”`);
    await sees(page, '1 deal,');
  });

  test('a list that cannot be read is told of, and tried again', async (t) => {
    const line = await openLine();
    t.after(() => line.close());
    const page = await deals(t, { url: line.url });
    await choose(page, 'Program', referral.name);
    await sees(page, `${DEALS} deals`);
    line.cut();
    await choose(page, 'State', 'Won');
    await sees(page, 'UNREACHABLE');
    await shot(page, 'deals-unreachable');
    line.mend();
    await press(page, 'Try again');
    await says(page, 'Count', '3 deals');
    assert.equal((await rows(page)).length, 3);
  });
});

/** Fills the form; the name of the deal. */
async function fillDeal(page, program, amount) {
  const name = unique('Deal');
  await choose(page, 'In program', program);
  await fill(page, 'Customer', `Customer of ${name}`);
  await fill(page, 'Domain', `${name.toLowerCase().replace(' ', '-')}.example`);
  await fill(page, 'Deal', name);
  await fill(page, 'Amount', amount);
  return name;
}
