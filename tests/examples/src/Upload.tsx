import { type FormEvent, useState } from 'react';
import { useClient } from 'urql';
import { PublishPluginDocument, type PublishPluginMutation, StageUploadDocument } from './gql/graphql';
import { Problems } from './Problems';
import { type Problem, problemsOf, type Session } from './session';

type Version = NonNullable<NonNullable<PublishPluginMutation['publishPlugin']>['pluginVersion']>;
type Outcome = { version: Version } | { refusedAt: string; problems: Problem[] };

export function Upload({ session }: { session: Session }) {
  const client = useClient();
  const [step, setStep] = useState('');
  const [outcome, setOutcome] = useState<Outcome>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const file = new FormData(event.currentTarget).get('file') as File;
    setOutcome(undefined);
    setOutcome(await publish(file));
    setStep('');
  }

  async function publish(file: File): Promise<Outcome> {
    setStep('Preparing…');
    const staged = await client.mutation(StageUploadDocument, {});
    if (staged.error) return { refusedAt: 'staging', problems: problemsOf(staged.error) };
    const upload = staged.data?.stagePluginUpload?.upload;
    if (!upload) {
      return { refusedAt: 'staging', problems: staged.data?.stagePluginUpload?.userErrors ?? [] };
    }
    if (file.size > upload.largestBytes) {
      const message = `${file.name} has ${file.size} bytes; at most ${upload.largestBytes} are taken.`;
      return { refusedAt: 'sending', problems: [{ code: 'TOO_LARGE', message }] };
    }

    setStep('Sending…');
    const problems = await session.put(upload.url, file).catch(() => [
      { code: 'UNREACHABLE', message: 'The server does not take uploads from this page.' },
    ]);
    if (problems.length > 0) return { refusedAt: 'sending', problems };

    setStep('Checking…');
    const published = await client.mutation(PublishPluginDocument, { uploadId: upload.id });
    if (published.error) return { refusedAt: 'checking', problems: problemsOf(published.error) };
    const answer = published.data?.publishPlugin;
    if (answer?.pluginVersion) return { version: answer.pluginVersion };
    // `refusal` names the check that failed; `userErrors` alone says only that one did.
    return {
      refusedAt: 'checking',
      problems: answer?.refusal ? [answer.refusal] : (answer?.userErrors ?? []),
    };
  }

  return (
    <>
      <h1>Upload a rule</h1>
      <form className="card" onSubmit={submit}>
        <label>
          WebAssembly component <input name="file" type="file" accept=".wasm" required />
        </label>
        <button disabled={step !== ''}>Upload</button>
      </form>
      {step && <p role="status">{step}</p>}
      {outcome && 'problems' in outcome && (
        <section>
          <h2>Refused while {outcome.refusedAt}</h2>
          <Problems of={outcome.problems} />
        </section>
      )}
      {outcome && 'version' in outcome && <Published version={outcome.version} />}
    </>
  );
}

function Published({ version }: { version: Version }) {
  return (
    <section role="status">
      <h2>
        Published: {version.plugin?.name} {version.version}
      </h2>
      <dl>
        <dt>State</dt>
        <dd>{version.state}</dd>
        <dt>Size</dt>
        <dd>{version.sizeBytes.toLocaleString('en')} bytes</dd>
        <dt>SHA-256</dt>
        <dd>
          <code>{version.digest}</code>
        </dd>
      </dl>
    </section>
  );
}
