// A frontend's client of the pages, typed by what codegen made of their documents. It is
// checked by `tsc --strict`, and then used.

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import {
  CrmChangedDocument,
  DeskProgramDocument,
  DeskPipelineDocument,
  PortalOverviewDocument,
  PortalDealsDocument,
  type DealFilter,
} from './gql/graphql.js';

export interface Server {
  url: string;
  key: string;
}

async function execute<Result, Variables>(
  server: Server,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.key}` },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const answer = (await response.json()) as { data?: Result | null; errors?: unknown };
  if (!answer.data || answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** What a partner may be paid, by currency. */
export async function payable(server: Server): Promise<Map<string, string>> {
  const { viewer } = await execute(server, PortalOverviewDocument, {});
  const balances = viewer.partner?.balances ?? [];
  return new Map(balances.map(({ currency, payable }) => [currency, payable.amount]));
}

/** The names of a partner's deals, and the place of the last. */
export async function names(server: Server, filter: DealFilter): Promise<[string[], string | null | undefined]> {
  const { viewer } = await execute(server, PortalDealsDocument, { first: 10, filter });
  const deals = viewer.partner?.deals;
  return [deals?.nodes.map((deal) => deal.name) ?? [], deals?.pageInfo.endCursor];
}

/** How many deals pass a filter. */
export async function pipeline(server: Server, filter: DealFilter): Promise<number> {
  const { all } = await execute(server, DeskPipelineDocument, { filter });
  return all.totalCount.count;
}

/** The partners of a program; null for the id of something else. */
export async function partners(server: Server, id: string): Promise<string[] | null> {
  const { node } = await execute(server, DeskProgramDocument, { id });
  return node && 'partners' in node ? node.partners.nodes.map(({ name }) => name) : null;
}

/** The deals that changed since an instant, with when they did. */
export async function changed(server: Server, from: Date): Promise<[string, Date][]> {
  const { deals } = await execute(server, CrmChangedDocument, { from: from.toISOString() });
  return deals.nodes.map(({ id, updatedAt }) => [id, new Date(updatedAt)]);
}

// What must not compile: a variable of another type, one that is missing, a field that was
// not asked for, and a state that there is none.
export async function mistakes(server: Server): Promise<void> {
  // @ts-expect-error DateTime is text
  await execute(server, CrmChangedDocument, { from: new Date() });
  // @ts-expect-error the id is needed
  await execute(server, DeskProgramDocument, {});
  // @ts-expect-error the page does not ask for it
  (await execute(server, PortalOverviewDocument, {})).viewer.tenant;
  // @ts-expect-error no deal is ever so
  await names(server, { state: ['LOST'] });
}
