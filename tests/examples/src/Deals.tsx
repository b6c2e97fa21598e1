import { useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { Choice } from './Choice';
import { DealTable, FIRST_PAGE } from './DealTable';
import { STATES } from './format';
import { type DealOrder, DealsDocument, type DealState } from './gql/graphql';
import { NewDeal } from './NewDeal';
import { Problems } from './Problems';
import { usePrograms } from './programs';
import { problemsOf } from './session';

const ORDERS: Record<string, DealOrder> = {
  'Newest first': { field: 'CREATED_AT', direction: 'DESC' },
  'Oldest first': { field: 'CREATED_AT', direction: 'ASC' },
  'Largest first': { field: 'AMOUNT', direction: 'DESC' },
  'Smallest first': { field: 'AMOUNT', direction: 'ASC' },
  'Last changed first': { field: 'UPDATED_AT', direction: 'DESC' },
};

// The document cache drops a list when a command answers with a type that is in it. An
// empty list has no deal in it, so the type is named.
const CONTEXT = { additionalTypenames: ['Deal'] };

export function Deals() {
  const [state, setState] = useState('');
  const [program, setProgram] = useState('');
  const [order, setOrder] = useState('Newest first');
  const [page, setPage] = useState(FIRST_PAGE);
  const [creating, setCreating] = useState(false);
  const programs = usePrograms();

  const variables = useMemo(
    () => ({
      // An empty list of values passes nothing, so an unused filter is left out.
      filter: {
        ...(state && { state: [state as DealState] }),
        ...(program && { programId: [program] }),
      },
      orderBy: ORDERS[order],
      ...page,
    }),
    [state, program, order, page],
  );
  const [{ data, error, fetching }, reload] = useQuery({
    query: DealsDocument,
    variables,
    context: CONTEXT,
    // What others did meanwhile shows as soon as a list is looked at again.
    requestPolicy: 'cache-and-network',
  });

  /** A cursor is good in one list and order only: another one starts at its first page. */
  function change(set: (value: string) => void) {
    return (value: string) => {
      set(value);
      setPage(FIRST_PAGE);
    };
  }

  return (
    <>
      <section className="bar">
        <Choice label="State" value={state} onChange={change(setState)}>
          <option value="">All</option>
          {Object.entries(STATES).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </Choice>
        <Choice label="Program" value={program} onChange={change(setProgram)}>
          <option value="">All</option>
          {programs.list.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
        <Choice label="Order" value={order} onChange={change(setOrder)}>
          {Object.keys(ORDERS).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Choice>
        <button onClick={() => setCreating(!creating)}>{creating ? 'Close' : 'New deal'}</button>
      </section>
      {creating && <NewDeal programs={programs.list} />}
      {programs.error && <Problems of={problemsOf(programs.error)} />}
      {error && (
        <section>
          <Problems of={problemsOf(error)} />
          <button onClick={() => reload({ requestPolicy: 'network-only' })}>Try again</button>
        </section>
      )}
      {fetching && !data && <p role="status">Loading…</p>}
      {data && !error && <DealTable list={data.deals} busy={fetching} onPage={setPage} />}
    </>
  );
}
