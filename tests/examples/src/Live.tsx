import { useEffect, useState } from 'react';
import { type DealEvent, follow } from './follow';
import { clock, money, STATES } from './format';
import { Problems } from './Problems';
import { type Problem, problemsOf, type Session } from './session';

/** More rows than anybody reads would only fill the memory of a page that stays open. */
const MOST_ROWS = 200;

const STATUS = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connection lost, trying again…',
  stopped: 'Stopped',
};

export function Live({ session }: { session: Session }) {
  const [status, setStatus] = useState<keyof typeof STATUS>('connecting');
  const [events, setEvents] = useState<DealEvent[]>([]);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [restarted, setRestarted] = useState(false);

  useEffect(() => {
    const leaving = new AbortController();
    const stopListening = session.onConnected(() => setStatus('live'));
    void follow(session.client, leaving.signal, {
      event: (event) => setEvents((earlier) => [event, ...earlier].slice(0, MOST_ROWS)),
      lost: () => setStatus('lost'),
      restarted() {
        setStatus('connecting');
        setEvents([]);
        setRestarted(true);
      },
      stopped(error) {
        setStatus('stopped');
        setProblems(problemsOf(error));
      },
    });
    return () => {
      leaving.abort();
      stopListening();
    };
  }, [session]);

  return (
    <>
      <p role="status" className={`status ${status}`}>
        {STATUS[status]}
      </p>
      <Problems of={problems} />
      {restarted && <p>The log was restored from a backup. The list starts anew.</p>}
      {status === 'live' && events.length === 0 && (
        <p>Nothing has happened since this page was opened.</p>
      )}
      {events.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Time</th>
              <th>What happened</th>
              <th>Deal</th>
              <th>State now</th>
              <th>Stage now</th>
              <th className="number">Amount now</th>
              <th>Position</th>
            </tr>
          </thead>
          <tbody>
            {events.map(({ id, occurredAt, kind, deal, position }) => (
              <tr key={id}>
                <td>{clock(occurredAt)}</td>
                <td>{words(kind)}</td>
                <td>{deal?.name}</td>
                <td>{deal && STATES[deal.state]}</td>
                <td>{deal?.stage}</td>
                <td className="number">{deal && money(deal.amount)}</td>
                <td>{position}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** `DEAL_STAGE_CHANGED` as "Deal stage changed". Good for kinds that are added later, too. */
function words(kind: string): string {
  const text = kind.toLowerCase().replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
