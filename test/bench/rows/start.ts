import { QUICKSTART } from '../configs.ts';
import { compare, type Row } from '../row.ts';
import { type ServerSpec, startServer } from '../server.ts';
import { bareServer, hookkeeper } from '../servers.ts';
import { sideOf, takeTurns } from '../turns.ts';

const MEASURE = 'spawn to first answered /readyz';

/** How long a pod waits for its sidecar. */
export const start: Row = {
  name: 'start',
  about: `${MEASURE}, beside a bare node:http server`,
  rounds: 40,
  async run({ program, rounds, scratch, progress }) {
    async function startMs(spec: ServerSpec): Promise<number> {
      const server = await startServer(scratch, spec);
      await server.stop();
      return server.startMs;
    }
    const ours = sideOf('Hookkeeper', async () =>
      startMs(await hookkeeper({ program, configFile: QUICKSTART, journalDir: scratch.folder() })),
    );
    const bare = sideOf('bare node:http', async () => startMs(await bareServer()));
    await takeTurns(rounds, [ours, bare], progress);
    return { comparisons: [compare({ measure: MEASURE, unit: 'ms', aim: 2.5 }, ours, bare)], notes: [] };
  },
};
