import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOpeningCounter } from '../../../src/tasks/connections/opening-counter.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

/** As the kernel has it. */
const SNMP = `Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 1602101
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs
Tcp: 1 200 120000 -1 181176 149930 31082 69012 8 1574700 1565064
Udp: InDatagrams NoPorts InErrors
Udp: 2 3 0
`;

async function counterOf(text: string) {
  const path = join(await temporaryFolder(), 'snmp');
  writeFileSync(path, text);
  const counter = openOpeningCounter(path);
  onTestFinished(counter.close);
  return { counter, rewrite: (other: string) => writeFileSync(path, other) };
}

describe('the count of connections that began', () => {
  it('is of those to the sockets and those from them, with what is established, and is read anew each time', async () => {
    const { counter, rewrite } = await counterOf(SNMP);
    expect(counter.read()).toEqual({ begun: 331_106, established: 8 });
    rewrite(SNMP.replace('181176', '181177').replace(' 8 ', ' 9 '));
    expect(counter.read()).toEqual({ begun: 331_107, established: 9 });
  });

  it('is told by this system, where it is Linux', () => {
    const counter = openOpeningCounter('/proc/net/snmp');
    onTestFinished(counter.close);
    const expected = { begun: expect.any(Number), established: expect.any(Number) };
    expect(counter.read()).toEqual(existsSync('/proc/net/snmp') ? expected : undefined);
  });

  it('is unknown where there is no such file', () => {
    expect(openOpeningCounter('/nowhere/snmp').read()).toBeUndefined();
  });

  it('is unknown, or two numbers, whatever the file has', async () => {
    const { counter, rewrite } = await counterOf('');
    const field = fc.oneof(fc.integer().map(String), fc.string(), fc.constantFrom('Tcp:', '\n', '-1', '9'.repeat(20)));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        rewrite(`Tcp: ${fields.join(' ')}\n`);
        const read = counter.read();
        const numbers = read === undefined ? [] : [read.begun, read.established];
        expect(numbers.every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true);
      }),
    );
  });
});
