import type { DealState } from './gql/graphql';

/** What people call the states. A state that is added to the schema fails to compile here. */
export const STATES: Record<DealState, string> = {
  OPEN: 'Open',
  CLOSED_WON: 'Won',
  CLOSED_LOST: 'Lost',
};

/** Amounts are decimal text and stay so: a float could not hold every one. */
export function money({ amount, currency }: { amount: string; currency: string }): string {
  const [whole = '', cents] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${cents === undefined ? grouped : `${grouped}.${cents}`} ${currency}`;
}

export const day = (time: string) => time.slice(0, 10);
export const clock = (time: string) => new Date(time).toLocaleTimeString('en-GB');
