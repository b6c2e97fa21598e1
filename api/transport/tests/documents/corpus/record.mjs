// Records what graphql-js, the reference implementation, says of each document
// in documents.mjs: whether it may run, and if not, which step refuses it.
//
// node record.mjs <directory of graphql> <schema of the server> [more] > verdicts.json

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { wide, real } from "./documents.mjs";

const [, , modules, server, more] = process.argv;
const require = createRequire(`${modules}/`);
const {
  TypeInfo, buildSchema, getArgumentValues, getDirectiveValues, getVariableValues, parse, specifiedDirectives,
  specifiedRules, validate, visit, visitWithTypeInfo, version,
} = require("graphql");

// Introspection is priced here and not forbidden by its depth.
const rules = specifiedRules.filter((rule) => rule.name !== "MaxIntrospectionDepthRule");
const own = new URL("schema.graphql", import.meta.url);
const schemas = {
  wide: buildSchema(readFileSync(own, "utf8")),
  real: buildSchema(readFileSync(server, "utf8")),
};

/// The step that refuses, or none.
function verdict(schema, query, variables, operationName) {
  let document;
  try {
    document = parse(query);
    // Of a draft that came after the edition of September 2025.
    visit(document, {
      SelectionSet({ selections }) {
        if (selections.length === 0) throw new SyntaxError("an empty selection set");
      },
    });
  } catch {
    return "parse";
  }
  if (validate(schema, document, rules).length > 0) return "validation";
  const operations = document.definitions.filter((one) => one.kind === "OperationDefinition");
  const operation = operationName === undefined
    ? (operations.length === 1 ? operations[0] : undefined)
    : operations.find((one) => one.name?.value === operationName);
  if (operation === undefined) return "operation";
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (coerced.errors) return "variables";
  return argumentsOf(schema, document, operation, coerced) ? "ok" : "arguments";
}

/// Whether all arguments of an operation can be read with its variables.
function argumentsOf(schema, document, operation, coerced) {
  const values = coerced.variableValues ?? coerced.coerced;
  const info = new TypeInfo(schema);
  const fragments = new Map();
  for (const one of document.definitions) {
    if (one.kind === "FragmentDefinition") fragments.set(one.name.value, one);
  }
  const seen = new Set();
  let fine = true;
  const walk = (node) => visit(node, visitWithTypeInfo(info, {
    Field(field) {
      const definition = info.getFieldDef();
      try {
        for (const directive of specifiedDirectives) getDirectiveValues(directive, field, values);
        if (definition) getArgumentValues(definition, field, values);
      } catch {
        fine = false;
      }
    },
    FragmentSpread(spread) {
      const name = spread.name.value;
      if (seen.has(name)) return;
      seen.add(name);
      walk(fragments.get(name));
    },
  }));
  walk(operation);
  return fine;
}

const recorded = [];
function record(schema, rule, query, variables, operation) {
  const one = { schema, rule, query };
  if (variables && Object.keys(variables).length > 0) one.variables = variables;
  if (operation !== undefined) one.operation = operation;
  one.verdict = verdict(schemas[schema], query, variables ?? {}, operation);
  recorded.push(one);
}

for (const [schema, groups] of Object.entries({ wide, real })) {
  for (const [rule, documents] of Object.entries(groups)) {
    for (const entry of documents) {
      record(schema, rule, ...(typeof entry === "string" ? [entry] : entry));
    }
  }
}

// With a number, as many more documents: those above with tokens taken out,
// repeated, exchanged or put in.
const random = ((state) => (below) => {
  state = (state * 48271) % 2147483647;
  return state % below;
})(20251126);
const seeds = recorded.filter((one) => one.rule !== "coercion" || one.verdict === "ok");
const tokens = (text) => text.match(/"""(?:[^"]|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d[\d.eE+-]*|\S/gu) ?? [];
const kind = (token) => (/^\w/.test(token) ? "name" : token.startsWith('"') ? "text" : token);
const pool = new Map();
for (const token of new Set(seeds.flatMap((one) => tokens(one.query)))) {
  pool.set(kind(token), [...(pool.get(kind(token)) ?? []), token]);
}
const like = (token) => {
  const alike = pool.get(kind(token));
  return alike[random(alike.length)];
};
for (let left = Number(more ?? 0); left > 0; left -= 1) {
  const seed = seeds[random(seeds.length)];
  const words = tokens(seed.query);
  for (let changes = 1 + random(3); changes > 0 && words.length > 0; changes -= 1) {
    const at = random(words.length);
    const other = words.findIndex((word, place) => place > at && kind(word) === kind(words[at]));
    [
      () => words.splice(at, 1),
      () => words.splice(at, 0, words[at]),
      () => (words[at] = like(words[at])),
      () => (words[at] = like(words[at])),
      () => other > at && ([words[at], words[other]] = [words[other], words[at]]),
    ][random(5)]();
  }
  record(seed.schema, "changed", words.join(" "), seed.variables, seed.operation);
}
const lines = recorded.map((one) => `  ${JSON.stringify(one)}`);
process.stdout.write(`{\n"by": "graphql ${version}",\n"documents": [\n${lines.join(",\n")}\n]\n}\n`);
