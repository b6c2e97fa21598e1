import type { Problem } from './session';

/** Errors of a request and `userErrors` of a command, shown alike. */
export function Problems({ of }: { of: Problem[] }) {
  if (of.length === 0) return null;
  return (
    <ul role="alert" className="problems">
      {of.map(({ code, message, field }) => (
        <li key={`${code} ${message}`}>
          {message} <code>{code}</code>
          {/* `field` is a path, as ["input", "amount"]. */}
          {field && <code> {field.slice(1).join('.')}</code>}
        </li>
      ))}
    </ul>
  );
}
