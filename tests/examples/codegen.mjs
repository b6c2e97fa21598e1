// Types every document in src/*.graphql, as `codegen.ts` and the command line of GraphQL
// Code Generator would. Its core alone takes a third of the packages.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildSchema, parse } from 'graphql';

const here = import.meta.dirname;
const schemaFile = process.env.TRIBUTARY_SCHEMA ?? path.join(here, '../../api/schema.graphql');
const sdl = readFileSync(schemaFile, 'utf8');
const folder = path.join(here, 'src/gql');

const names = readdirSync(path.join(here, 'src')).filter((name) => name.endsWith('.graphql'));
const documents = names.map((name) => {
  const location = path.join(here, 'src', name);
  const rawSDL = readFileSync(location, 'utf8');
  return { location, rawSDL, document: parse(rawSDL) };
});

const files = await preset.buildGeneratesSection({
  baseOutputDir: `${folder}/`,
  schema: parse(sdl),
  schemaAst: buildSchema(sdl),
  documents,
  plugins: [],
  pluginMap: {},
  presetConfig: { fragmentMasking: false },
  config: {
    // A scalar that nobody gave a type fails, instead of becoming `any`.
    strictScalars: true,
    scalars: { DateTime: 'string', JSON: 'unknown', Position: 'string' },
    useTypeImports: true,
  },
});
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const file of files) writeFileSync(file.filename, await codegen(file));
