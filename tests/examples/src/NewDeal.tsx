import { type FormEvent, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { OpenDealDocument } from './gql/graphql';
import { Problems } from './Problems';
import type { Program } from './programs';
import { type Problem, problemsOf } from './session';

export function NewDeal({ programs }: { programs: Program[] }) {
  const [{ fetching }, openDeal] = useMutation(OpenDealDocument);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [opened, setOpened] = useState('');
  const attempt = useRef<{ key: string; values: string }>(undefined);

  /**
   * The same key for the same values until the server has answered: after a lost answer
   * nobody knows whether the deal was opened, and the same key cannot open it twice.
   */
  function keyFor(values: string): string {
    if (attempt.current?.values !== values) {
      attempt.current = { key: crypto.randomUUID(), values };
    }
    return attempt.current.key;
  }

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const entries = Object.fromEntries(new FormData(form)) as Record<string, string>;
    const { programId = '', customer = '', domain = '', name = '', amount = '', stage = '' } = entries;
    const currency = programs.find(({ id }) => id === programId)?.currency ?? '';
    setOpened('');
    const { data, error } = await openDeal({
      input: {
        idempotencyKey: keyFor(JSON.stringify(entries)),
        programId,
        account: { name: customer, domain },
        name,
        amount: { amount, currency },
        stage,
      },
    });
    if (error) return setProblems(problemsOf(error));
    attempt.current = undefined;
    setProblems(data?.openDeal?.userErrors ?? []);
    if (!data?.openDeal?.deal) return;
    setOpened(data.openDeal.deal.name);
    form.reset();
  }

  return (
    <form className="card" aria-label="New deal" onSubmit={submit}>
      <label>
        In program{' '}
        <select name="programId">
          {programs.map(({ id, name, currency }) => (
            <option key={id} value={id}>
              {name} ({currency})
            </option>
          ))}
        </select>
      </label>
      <label>
        Customer <input name="customer" required />
      </label>
      <label>
        Domain <input name="domain" required />
      </label>
      <label>
        Deal <input name="name" required />
      </label>
      <label>
        Amount <input name="amount" required inputMode="decimal" placeholder="1000.00" />
      </label>
      <label>
        Stage <input name="stage" required defaultValue="New" />
      </label>
      <button disabled={fetching}>Open deal</button>
      {opened && <p role="status">Opened “{opened}”.</p>}
      <Problems of={problems} />
    </form>
  );
}
