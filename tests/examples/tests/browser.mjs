// The built app in a real browser.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before } from 'node:test';
import puppeteer from 'puppeteer-core';
import { preview } from 'vite';
import * as server from './server.mjs';

const folder = path.join(import.meta.dirname, '..');
const shots = path.join(folder, 'shots');
export const origin = 'http://127.0.0.1:4173';

let browser;
let app;

before(async () => {
  const asked = await fetch(server.url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  const allowed = asked.headers.get('access-control-allow-origin');
  assert.equal(allowed, origin, `start the server with TRIBUTARY_ALLOWED_ORIGINS=${origin}`);
  mkdirSync(shots, { recursive: true });
  app = await preview({ root: folder, logLevel: 'warn', preview: { port: 0, strictPort: false } });
  const { port } = app.httpServer.address();
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      // The origin that the server allows leads to this process, whatever else listens there.
      `--host-resolver-rules=MAP ${new URL(origin).host} 127.0.0.1:${port}`,
    ],
    defaultViewport: { width: 1200, height: 800 },
  });
});

after(async () => {
  await browser?.close();
  await app?.close();
});

/** A page of its own, signed out. What the app throws fails the test. */
export async function open(t) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const thrown = [];
  page.on('pageerror', (error) => thrown.push(error));
  t.after(async () => {
    await context.close();
    assert.deepEqual(thrown, []);
  });
  await page.goto(origin);
  return page;
}

export async function signIn(page, { url = server.url, key = server.key } = {}) {
  await fill(page, 'Server', url);
  await fill(page, 'API key', key);
  await press(page, 'Sign in');
}

/** Fields and buttons are found by what a person, or a screen reader, reads. */
const named = (name) => `::-p-aria([name="${name}"])`;
const button = (name) => `::-p-aria([name="${name}"][role="button"])`;
export const fill = (page, name, value) => page.locator(named(name)).fill(value);
export const press = (page, name) => page.locator(button(name)).click();
export const pressable = (page, name) =>
  page.locator(button(name)).setWaitForEnabled(false).map((found) => !found.disabled).wait();

/** Chooses an option by what it says. */
export async function choose(page, name, option) {
  const select = await page.waitForSelector(named(name));
  const find = (select, option) => [...select.options].find(({ label }) => label === option);
  await until(page, find, select, option);
  const found = await select.evaluateHandle(find, option);
  await select.select(await found.evaluate(({ value }) => value));
}

/** Waits for something to be true in the page. */
export const until = (page, check, ...values) =>
  page.waitForFunction(check, { polling: 100 }, ...values);

export async function sees(page, text) {
  const seen = (text) => document.body.innerText.includes(text);
  await until(page, seen, text).catch(async () => {
    assert.fail(`no “${text}” in:\n${await page.evaluate(() => document.body.innerText)}`);
  });
}

/** Waits until what has this label says this and nothing else. */
export const says = (page, name, text) =>
  until(
    page,
    (name, text) => document.querySelector(`[aria-label="${name}"]`)?.textContent === text,
    name,
    text,
  );

/** The cells of the table by row, once nothing is being fetched. */
export async function rows(page) {
  await until(page, () => !document.querySelector('[aria-busy="true"]'));
  return page.$$eval('tbody tr', (all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );
}

export const column = async (page, index) => (await rows(page)).map((cells) => cells[index]);
export const text = (page, name) =>
  page.$eval(`[aria-label="${name}"]`, (element) => element.textContent);
export const shot = (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`) });
