// The rules of graphql-eslint for schemas: those recommended, and Relay's. What is off or
// narrower says why.

import graphql from '@graphql-eslint/eslint-plugin';

// Values: they have no identity of their own, and belong to what they are read from.
const values = [
  'Actor', // has an id, but for the server
  'CommissionFault',
  'Count',
  'CreditShare',
  'LedgerBalance',
  'Money',
  'PageInfo',
  'PartnerBalance',
  'PayoutHold',
  'PayoutOrders',
  'PayoutReport',
  'PluginRefusal',
  'DoneCommand',
  'PayoutExport',
  'PipelineGroup',
  'PercentageFormula',
  'PluginFormula',
  'Progress',
  'Rail', // is known by its name
  'Readiness',
  'RegistrationConflict',
  'Rerun',
  'Share',
  'UserError',
];

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.TRIBUTARY_SCHEMA } },
    },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Connections, edges and payloads are ways to a thing, and no things.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        { exceptions: { types: values, suffixes: ['Connection', 'Edge', 'Payload'] } },
      ],
      // A connection also has its nodes alone, and short lists that never grow are lists.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      // It has no exceptions, and `Count.count` is named as in other public schemas.
      '@graphql-eslint/no-typename-prefix': 'off',
    },
  },
];
