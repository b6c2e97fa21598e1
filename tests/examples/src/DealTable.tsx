import { day, money, STATES } from './format';
import type { DealsQuery, DealsQueryVariables } from './gql/graphql';

const PAGE = 10;
export const FIRST_PAGE: Page = { first: PAGE };
export type Page = Pick<DealsQueryVariables, 'first' | 'after' | 'last' | 'before'>;

interface Props {
  list: DealsQuery['deals'];
  busy: boolean;
  onPage(page: Page): void;
}

export function DealTable({ list, busy, onPage }: Props) {
  const { totalCount, amountTotals, pageInfo, nodes } = list;
  if (nodes.length === 0 && !busy) return <p role="status">No deal passes the filter.</p>;
  const count = `${totalCount.count.toLocaleString('en')} ${totalCount.count === 1 ? 'deal' : 'deals'}`;
  return (
    // While another page is fetched, the last one stays, so that nothing jumps.
    <section aria-busy={busy}>
      <p>
        <output aria-label="Count">
          {totalCount.precision === 'AT_LEAST' ? `more than ${count}` : count}
        </output>
        {', '}
        <output aria-label="Sums">{amountTotals.map(money).join(' + ')}</output>
      </p>
      <table>
        <thead>
          <tr>
            <th>Deal</th>
            <th>Customer</th>
            <th>Program</th>
            <th>State</th>
            <th>Stage</th>
            <th>Opened</th>
            <th className="number">Amount</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((deal) => (
            <tr key={deal.id}>
              <td>{deal.name}</td>
              <td>{deal.account?.name}</td>
              <td>{deal.program?.name}</td>
              <td>{STATES[deal.state]}</td>
              <td>{deal.stage}</td>
              <td>{day(deal.openedAt)}</td>
              <td className="number">{money(deal.amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <nav aria-label="Pages">
        <button
          disabled={busy || !pageInfo.hasPreviousPage}
          onClick={() => onPage({ last: PAGE, before: pageInfo.startCursor })}
        >
          Previous
        </button>
        <button
          disabled={busy || !pageInfo.hasNextPage}
          onClick={() => onPage({ first: PAGE, after: pageInfo.endCursor })}
        >
          Next
        </button>
      </nav>
    </section>
  );
}
