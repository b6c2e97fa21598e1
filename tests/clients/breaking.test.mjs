// What has been released is a contract: a change that breaks it is refused. Until the first
// release such changes are only told.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { schemaFile } from './server.mjs';

/** Made false with the first release. */
const UNRELEASED = true;

test('nothing that was released is broken', async (t) => {
  const released = path.join(path.dirname(schemaFile), 'schema.released.graphql');
  assert.ok(existsSync(released), `${released} is missing`);
  const [before, now] = [released, schemaFile].map((file) => buildSchema(readFileSync(file, 'utf8')));
  const changes = await diff(before, now);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  const told = breaking.map(({ message }) => message);
  if (UNRELEASED) {
    told.forEach((message) => t.diagnostic(`would break: ${message}`));
  } else {
    assert.deepEqual(told, []);
  }
});
