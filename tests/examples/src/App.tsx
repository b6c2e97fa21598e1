import { useState } from 'react';
import { Provider } from 'urql';
import { Deals } from './Deals';
import type { Permission } from './gql/graphql';
import { Live } from './Live';
import { Login, type SignedIn } from './Login';
import type { Session } from './session';
import { Upload } from './Upload';

interface Page {
  name: string;
  /** What the key must be allowed to do; the page is left out otherwise. */
  needs?: Permission;
  show(session: Session): React.ReactNode;
}

const PAGES: Page[] = [
  { name: 'Deals', show: () => <Deals /> },
  { name: 'Live', needs: 'BOOKS_READ', show: (session) => <Live session={session} /> },
  { name: 'Upload', needs: 'PLUGIN_MANAGE', show: (session) => <Upload session={session} /> },
];

export function App() {
  const [signedIn, setSignedIn] = useState<SignedIn>();
  const [notice, setNotice] = useState('');

  function signOut(session: Session, why = '') {
    session.end();
    setSignedIn(undefined);
    setNotice(why);
  }

  if (!signedIn) return <Login notice={notice} onSignedIn={setSignedIn} onSignedOut={signOut} />;
  return (
    <Provider value={signedIn.session.client}>
      <Frame signedIn={signedIn} onSignOut={() => signOut(signedIn.session)} />
    </Provider>
  );
}

function Frame({ signedIn, onSignOut }: { signedIn: SignedIn; onSignOut(): void }) {
  const { session, viewer } = signedIn;
  const pages = PAGES.filter(({ needs }) => !needs || viewer.permissions.includes(needs));
  const [open, setOpen] = useState('Deals');

  return (
    <>
      <header>
        <nav>
          {pages.map(({ name }) => (
            <button
              key={name}
              aria-current={name === open ? 'page' : undefined}
              onClick={() => setOpen(name)}
            >
              {name}
            </button>
          ))}
        </nav>
        <span>
          {viewer.tenant.name} · {viewer.actor?.name} · {viewer.role}
        </span>
        <button onClick={onSignOut}>Sign out</button>
      </header>
      <main>{pages.find(({ name }) => name === open)?.show(session)}</main>
    </>
  );
}
