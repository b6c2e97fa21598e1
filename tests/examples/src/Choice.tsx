interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
  children: React.ReactNode;
}

export function Choice({ label, value, onChange, children }: Props) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </label>
  );
}
