// Relay's compiler takes the schema's nodes, connections and edges for its own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { schemaFile } from './server.mjs';

const here = import.meta.dirname;

test('fragments, pagination, mutations and subscriptions compile', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'relay-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(path.join(here, 'relay'), path.join(folder, 'src'), { recursive: true });
  mkdirSync(path.join(folder, 'artifacts'));
  copyFileSync(schemaFile, path.join(folder, 'schema.graphql'));
  const config = {
    src: 'src',
    schema: 'schema.graphql',
    language: 'typescript',
    artifactDirectory: 'artifacts',
    customScalarTypes: { DateTime: 'string', JSON: 'unknown', Position: 'string' },
  };
  writeFileSync(path.join(folder, 'relay.config.json'), JSON.stringify(config));
  const compiler = path.join(here, 'node_modules/relay-compiler/cli.js');
  const compiled = spawnSync(process.execPath, [compiler, 'relay.config.json'], { cwd: folder, encoding: 'utf8' });
  const said = compiled.stdout + compiled.stderr;
  assert.equal(compiled.status, 0, said);
  assert.doesNotMatch(said, /\b(warning|error)\b/i);

  const artifacts = readdirSync(path.join(folder, 'artifacts'));
  const queries = artifacts.filter((name) => /(Query|Mutation|Subscription)\.graphql\.ts$/.test(name));
  assert.deepEqual(queries.map((name) => name.split('.')[0]), [
    'dealsEarningsPaginationQuery',
    'dealsNewestPaginationQuery',
    'dealsOpenMutation',
    'dealsPageQuery',
    'dealsPartnerPaginationQuery',
    'dealsStatusSubscription',
    'dealsViewerRefetchQuery',
  ]);
  // What is a Node is fetched again by its id.
  const again = readFileSync(path.join(folder, 'artifacts/dealsPartnerPaginationQuery.graphql.ts'), 'utf8');
  assert.match(again, /node\(id: \$id\)/);
});
