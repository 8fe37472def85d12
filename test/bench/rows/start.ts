import { QUICKSTART } from '../configs.ts';
import { compare, type Row } from '../row.ts';
import { type ServerSpec, startServer } from '../server.ts';
import { bareServer, hookkeeper } from '../servers.ts';
import { sideOf, takeTurns } from '../turns.ts';
import { WEBHOOK_IS_MISSING, webhook, webhookVersion } from '../webhook.ts';

const MEASURE = 'spawn to first answered /readyz';

/** How long a pod waits for its sidecar. */
export const start: Row = {
  name: 'start',
  about: `${MEASURE}, beside a bare node:http server and webhook (Go)`,
  rounds: 40,
  async run({ program, rounds, scratch, progress }) {
    const startOf = (name: string, spec: () => Promise<ServerSpec>) =>
      sideOf(name, async () => {
        const server = await startServer(scratch, await spec());
        await server.stop();
        return server.startMs;
      });
    const ours = startOf('Hookkeeper', () =>
      hookkeeper({ program, configFile: QUICKSTART, journalDir: scratch.folder() }),
    );
    const bare = startOf('bare node:http', bareServer);
    const version = webhookVersion();
    const go = version === undefined ? [] : [startOf(`webhook ${version}`, () => webhook(scratch.folder()))];
    await takeTurns(rounds, [ours, bare, ...go], progress);
    return {
      comparisons: [
        compare({ measure: MEASURE, unit: 'ms', aim: 1.7 }, ours, bare),
        ...go.map((peer) => compare({ measure: MEASURE, unit: 'ms' }, ours, peer)),
      ],
      notes: version === undefined ? [WEBHOOK_IS_MISSING] : [],
    };
  },
};
