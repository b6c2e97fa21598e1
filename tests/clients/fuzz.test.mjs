// Schemathesis makes documents from the schema, and whatever they hold, the server answers
// without an error of its own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createProgram, key, openDeal, url } from './server.mjs';

const folder = path.join(import.meta.dirname, 'fuzz');
const program = process.env.SCHEMATHESIS ?? path.join(import.meta.dirname, '.venv/bin/schemathesis');

test('no document makes the server fail', { timeout: 900_000 }, async () => {
  assert.ok(existsSync(program), `${program}: install fuzz/requirements.txt, see README.md`);
  const { programId, partnerId } = await createProgram();
  const deals = [await openDeal(programId), await openDeal(programId)];
  const environment = { ...process.env, TRIBUTARY_IDS: [programId, partnerId, ...deals].join() };
  const options = [
    'run', url,
    '--header', `Authorization:Bearer ${key}`,
    '--checks', 'no_server_error',
    '--phases', 'fuzzing',
    '--seed', '1',
    '--max-examples', '8',
    // It would move the clock of the other tests.
    '--exclude-name', 'Mutation.advanceTestClock',
    '--generation-database', 'none',
    '--no-color',
  ];
  const [error, said] = await new Promise((resolve) => {
    execFile(program, options, { cwd: folder, env: environment }, (...answer) => resolve(answer));
  });
  // Not the error itself, whose text has the key.
  assert.equal(error?.code ?? 0, 0, said);
});
