import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { it } from 'vitest';
import { listen } from '../e2e/fake-server.ts';
import type { Service } from '../helpers/program.ts';
import { request } from '../helpers/request.ts';
import { answerOf, mustEnd, mustLeaveNothing, playRounds, type Side } from './side.ts';
import { times } from './tally.ts';

const CALLERS = 8;
/** Memory is looked at so often, in deliveries; the first fifth is the program warming up. */
const SAMPLES = 50;

interface Sample {
  readonly residentKb: number;
  readonly descriptors: number;
  readonly journalBytes: number;
}

function look({ pid }: Service, journalDir: string): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    residentKb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    journalBytes: statSync(join(journalDir, 'journal.json')).size,
  };
}

/** By how much a value grows over all samples, by least squares. */
function growth(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((all, value) => all + value, 0) / values.length;
  const slope =
    values.reduce((all, value, index) => all + (index - middle) * (value - mean), 0) /
    values.reduce((all, _value, index) => all + (index - middle) ** 2, 0);
  return slope * (values.length - 1);
}

const MOST_KB = 10_000;
const MOST_DESCRIPTORS = 5;
const MOST_JOURNAL_BYTES = 100_000;

/** The part of the deliveries whose hooks start processes and call a server; sleeps alone could hide what those leave. */
const BUSY = 0.1;

it('a long life of many deliveries', async () => {
  // Fewer show only how the heap fills up to where it is collected.
  const deliveries = Math.max(4000, times(10_000));
  const { port } = await listen(createServer((_request, response) => void response.end('x'.repeat(10_000))));
  const http = { url: `http://127.0.0.1:${port}/` };
  const notes: string[] = [];
  const round = async (side: Side) => {
    const { stage, random } = side;
    const { task, configure } = stage;
    const containers = {
      app: { postStart: [{ name: 'one', sleep: '1ms' }], preStop: [{ name: 'two', sleep: '1ms' }] },
      busy: {
        postStart: [task('prints', 'head -c 20000 /dev/zero | tr "\\\\0" x')],
        preStop: [{ parallel: [task('left'), { name: 'calls', http }] }, { name: 'again', http }],
      },
    };
    await configure({ version: 1, grace: { period: '40s', reserve: '5s' }, containers });
    const service = await stage.start();
    const samples: Sample[] = [];
    let sent = 0;
    const caller = async () => {
      while (sent < deliveries) {
        sent += 1;
        if (sent % Math.ceil(deliveries / SAMPLES) === 0) samples.push(look(service, stage.journalDir));
        const path = `${random() < 0.5 ? '/poststart' : '/prestop'}/${random() < BUSY ? 'busy' : 'app'}`;
        // A tenth are lives of their own by key; the others open, close and repeat lives as they come.
        const headers: Record<string, string> =
          random() < 0.1 ? { 'Idempotency-Key': `k${Math.floor(random() * 1e6)}` } : {};
        const reply = await answerOf(side, request({ port: service.port, path, headers }), path);
        side.must('wrong', reply.kind === 'answered' && reply.status === 200, JSON.stringify(reply).slice(0, 300));
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    const warm = samples.slice(Math.ceil(samples.length / 5));
    const [kb, descriptors, bytes] = [
      growth(warm.map(({ residentKb }) => residentKb)),
      growth(warm.map((sample) => sample.descriptors)),
      growth(warm.map(({ journalBytes }) => journalBytes)),
    ];
    side.must('out of memory', kb < MOST_KB, `memory grew by ${Math.round(kb)} kB`);
    side.must('sockets', descriptors < MOST_DESCRIPTORS, `descriptors grew by ${descriptors.toFixed(1)}`);
    side.must('temporary files', bytes < MOST_JOURNAL_BYTES, `the journal grew by ${Math.round(bytes)} bytes`);
    notes.push(
      `memory ${Math.round(kb)} kB, descriptors ${descriptors.toFixed(1)}, journal ${Math.round(bytes)} bytes more`,
    );
    await mustLeaveNothing(side, 'the soak');
    await mustEnd(side, service, 'the soak');
  };
  await playRounds('soak', 1, round, { note: () => `${deliveries} deliveries; ${notes.join('; ')}` });
});
