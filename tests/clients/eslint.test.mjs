// The schema keeps the rules of graphql-eslint; eslint.config.mjs says which.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ESLint } from 'eslint';
import { schemaFile } from './server.mjs';

test('the schema keeps the rules for schemas', async () => {
  process.env.TRIBUTARY_SCHEMA = schemaFile;
  const eslint = new ESLint({
    cwd: path.dirname(schemaFile),
    overrideConfigFile: path.join(import.meta.dirname, 'eslint.config.mjs'),
  });
  const [{ messages }] = await eslint.lintFiles([schemaFile]);
  const broken = messages.map(({ line, message, ruleId }) => `${line}: ${message} (${ruleId})`);
  assert.deepEqual(broken, []);
});
