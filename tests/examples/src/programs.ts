import { useEffect, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { ProgramsDocument, type ProgramsQuery } from './gql/graphql';

export type Program = ProgramsQuery['programs']['nodes'][number];

/** All programs, however many pages they are. */
export function usePrograms() {
  const client = useClient();
  const [list, setList] = useState<Program[]>([]);
  const [error, setError] = useState<CombinedError>();

  useEffect(() => {
    let left = false;
    async function read(after: string | null, earlier: Program[]): Promise<void> {
      const policy = { requestPolicy: 'network-only' } as const;
      const result = await client.query(ProgramsDocument, { after }, policy);
      if (left) return;
      if (!result.data) return setError(result.error);
      const { nodes, pageInfo } = result.data.programs;
      const all = [...earlier, ...nodes];
      setList(all);
      if (pageInfo.hasNextPage) return read(pageInfo.endCursor, all);
    }
    void read(null, []);
    return () => {
      left = true;
    };
  }, [client]);

  return { list, error };
}
