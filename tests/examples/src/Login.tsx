import { type FormEvent, useState } from 'react';
import { ViewerDocument, type ViewerQuery } from './gql/graphql';
import { Problems } from './Problems';
import { type Problem, problemsOf, type Session, startSession } from './session';

const SERVER = import.meta.env.VITE_TRIBUTARY_URL ?? 'http://127.0.0.1:8080/graphql';

export interface SignedIn {
  session: Session;
  viewer: ViewerQuery['viewer'];
}

interface Props {
  notice: string;
  onSignedIn(signedIn: SignedIn): void;
  /** The key was revoked. */
  onSignedOut(session: Session, why: string): void;
}

export function Login({ notice, onSignedIn, onSignedOut }: Props) {
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState(false);

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [server, key] = [String(form.get('server')), String(form.get('key')).trim()];
    setBusy(true);
    let accepted = false;
    const session = startSession(server, key, () => {
      if (accepted) onSignedOut(session, 'The key is no longer valid.');
    });
    const { data, error } = await session.client.query(ViewerDocument, {});
    setBusy(false);
    if (data) {
      accepted = true;
      return onSignedIn({ session, viewer: data.viewer });
    }
    session.end();
    setProblems(error ? problemsOf(error) : []);
  }

  return (
    <main className="login">
      <h1>Sign in</h1>
      {notice && <p role="status">{notice}</p>}
      <form onSubmit={signIn}>
        <label>
          Server <input name="server" type="url" required defaultValue={SERVER} />
        </label>
        <label>
          API key <input name="key" type="password" required autoComplete="off" />
        </label>
        <button disabled={busy}>Sign in</button>
      </form>
      <Problems of={problems} />
      <p className="hint">The key is kept in memory only. Reloading the page signs out.</p>
    </main>
  );
}
