// A login by API key, which is kept in memory only.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { open, press, sees, shot, signIn } from './browser.mjs';
import { createKey, key, run } from './server.mjs';

describe('the login', { concurrency: 3 }, () => {
  test('a wrong key is told of, a good one opens the app', async (t) => {
    const page = await open(t);
    await signIn(page, { key: 'ten_x.key_y.z' });
    await sees(page, 'UNAUTHENTICATED');
    await shot(page, 'login-refused');
    await signIn(page);
    await sees(page, 'OWNER');
  });

  test('an address where no server answers is told of', async (t) => {
    const page = await open(t);
    await signIn(page, { url: 'http://127.0.0.1:9/graphql' });
    await sees(page, 'UNREACHABLE');
  });

  test('the key is in no storage, and gone with the page', async (t) => {
    const page = await open(t);
    await signIn(page);
    await sees(page, 'OWNER');
    const kept = await page.evaluate(async () =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        location.href,
        document.documentElement.outerHTML,
        await indexedDB.databases(),
        await caches.keys(),
      ]),
    );
    assert.ok(!kept.includes(key.split('.').at(-1)), kept);
    await page.reload();
    await sees(page, 'Sign in');
  });

  test('a key that is revoked while the app is open signs out', async (t) => {
    const page = await open(t);
    const { token, apiKey } = await createKey('MANAGER');
    await signIn(page, { key: token });
    await sees(page, ' deals');
    await run('revokeApiKey', { id: apiKey.id }, 'apiKey { id }');
    await press(page, 'Live');
    await sees(page, 'The key is no longer valid.');
  });

  test('pages that a key may not use are left out', async (t) => {
    const page = await open(t);
    await signIn(page, { key: (await createKey('VIEWER')).token });
    await sees(page, 'VIEWER');
    const names = await page.$$eval('header nav button', (all) => all.map((each) => each.innerText));
    assert.deepEqual(names, ['Deals', 'Live']);
  });
});
