// Uploading a rule: what is refused says at which step and why.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { open, press, sees, shot, signIn } from './browser.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'rules-'));
after(() => rmSync(folder, { recursive: true }));

function file(name, bytes) {
  const at = path.join(folder, name);
  writeFileSync(at, bytes);
  return at;
}

async function upload(t, rule) {
  const page = await open(t);
  await signIn(page);
  await press(page, 'Upload');
  const input = await page.waitForSelector('input[type=file]');
  await input.uploadFile(rule);
  // Of two buttons that are called so, the second is the form's.
  await page.locator('form button').click();
  return page;
}

const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

describe('uploads', { concurrency: 3 }, () => {
  test('what is no component is refused with the reason', async (t) => {
    const page = await upload(t, file('module.wasm', Buffer.from(MODULE)));
    await sees(page, 'Refused while checking');
    await sees(page, 'NOT_A_COMPONENT');
    await shot(page, 'upload-refused');
  });

  test('a component without the exports of a rule is refused', async (t) => {
    const page = await upload(t, file('empty.wasm', Buffer.from(COMPONENT)));
    await sees(page, 'WRONG_WORLD');
  });

  test('a file that is too large is not sent', async (t) => {
    const page = await upload(t, file('large.wasm', Buffer.alloc(3 * 1024 * 1024)));
    await sees(page, 'Refused while sending');
    await sees(page, 'TOO_LARGE');
  });

  const skip = !process.env.TRIBUTARY_RULE && 'TRIBUTARY_RULE is not set';
  test('a rule is published', { skip }, async (t) => {
    const page = await upload(t, process.env.TRIBUTARY_RULE);
    await sees(page, 'Published:');
    assert.match(await page.$eval('dl', (list) => list.textContent), /[0-9a-f]{64}/);
    await shot(page, 'upload-published');
  });
});
