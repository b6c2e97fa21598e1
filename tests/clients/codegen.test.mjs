// The client preset of GraphQL Code Generator types the pages' documents, and a client
// that is written against them compiles under `tsc --strict` and works.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { codegen } from '@graphql-codegen/core';
import { preset } from '@graphql-codegen/client-preset';
import { buildSchema, parse } from 'graphql';
import { createProgram, data, key, openDeal, pagesFolder, schemaFile, url } from './server.mjs';

const folder = path.join(import.meta.dirname, 'codegen');
const schema = buildSchema(readFileSync(schemaFile, 'utf8'));

function documents() {
  const names = readdirSync(pagesFolder).filter((name) => name.endsWith('.graphql'));
  return names.map((name) => {
    const location = path.join(pagesFolder, name);
    const rawSDL = readFileSync(location, 'utf8');
    return { location, rawSDL, document: parse(rawSDL) };
  });
}

/** What a frontend's `codegen.ts` would say. */
async function generate() {
  const files = await preset.buildGeneratesSection({
    baseOutputDir: `${folder}/gql/`,
    schema: parse(readFileSync(schemaFile, 'utf8')),
    schemaAst: schema,
    documents: documents(),
    plugins: [],
    pluginMap: {},
    presetConfig: {},
    config: {
      // A scalar that nobody gave a type fails.
      strictScalars: true,
      scalars: { DateTime: 'string', JSON: 'unknown', Position: 'string' },
      useTypeImports: true,
      importExtension: '.js',
    },
  });
  for (const made of ['gql', 'out']) rmSync(path.join(folder, made), { recursive: true, force: true });
  mkdirSync(`${folder}/gql`);
  for (const file of files) {
    writeFileSync(file.filename, await codegen(file));
  }
}

test('a client of the pages compiles and works', async () => {
  await generate();
  const compiler = path.join(import.meta.dirname, 'node_modules/typescript/bin/tsc');
  const compiled = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(compiled.status, 0, compiled.stdout + compiled.stderr);

  const client = await import('./codegen/out/client.js');
  const now = new Date((await data('{ viewer { tenant { now } } }')).viewer.tenant.now);
  const { programId, partnerId, partnerKey } = await createProgram();
  const deal = await openDeal(programId);
  const owner = { url, key };
  const partner = { url, key: partnerKey };

  assert.deepEqual(await client.payable(partner), new Map());
  assert.deepEqual(await client.names(partner, { state: ['OPEN'] }), [[], null]);
  const { node } = await data('query ($id: ID!) { node(id: $id) { ... on Partner { name } } }', { id: partnerId });
  assert.deepEqual(await client.partners(owner, programId), [node.name]);
  assert.equal(await client.partners(owner, partnerId), null);
  assert.equal(await client.pipeline(owner, { programId: [programId] }), 1);
  const changed = await client.changed(owner, now);
  assert.ok(changed.some(([id, updatedAt]) => id === deal && updatedAt >= now));
});
