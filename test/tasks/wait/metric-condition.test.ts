import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { closedPort, conditionOf, listen, look, read, serve, unreadable } from '../look.ts';

const ENVOY = `# TYPE envoy_listener_downstream_cx_active gauge
envoy_listener_downstream_cx_active{envoy_listener_address="0.0.0.0_8080"} 7
envoy_listener_downstream_cx_active{envoy_listener_address="0.0.0.0_8443"} 5
envoy_listener_downstream_cx_active{envoy_listener_address="0.0.0.0_19001",admin="yes"} 2
envoy_listener_downstream_cx_active{envoy_listener_address="127.0.0.1_9901"} 1
# TYPE ratio gauge
ratio 0.1
ratio{of="other"} 0.2
broken NaN
`;

const CX = 'envoy_listener_downstream_cx_active';

/** Looks at a metric of an endpoint that answers so. */
async function lookAt(settings: object, body = ENVOY) {
  const url = await serve((_request, answer) => answer.end(body));
  return look({ metric: { url, name: CX, ...settings } });
}

describe('a metric condition', () => {
  it.each([
    [{ below: 1 }, false, `sum of 4 ${CX} is 15`, 15],
    [{ below: 16 }, true, `sum of 4 ${CX} is 15`, 0],
    [{ aggregate: 'max', below: 1 }, false, `max of 4 ${CX} is 7`, 7],
    [{ aggregate: 'min', equals: 1 }, true, `min of 4 ${CX} is 1`, 0],
    [{ labels: { admin: 'yes' }, atMost: 0 }, false, `${CX} is 2`, 2],
    [
      { labels: { envoy_listener_address: ['0.0.0.0_8080', '0.0.0.0_8443'] }, above: 12 },
      false,
      `sum of 2 ${CX} is 12`,
      1,
    ],
    [{ labels: { envoy_listener_address: { matches: '^0' }, admin: '' }, above: 11 }, true, `sum of 2 ${CX} is 12`, 0],
    [{ without: { admin: { matches: '.' } }, atLeast: 20 }, false, `sum of 3 ${CX} is 13`, 7],
    [
      { without: { admin: 'yes', envoy_listener_address: { matches: '_9901$' } }, equals: 10 },
      false,
      `sum of 2 ${CX} is 12`,
      2,
    ],
    [{ name: 'ratio', below: 0.25 }, false, 'sum of 2 ratio is 0.3', 0.05],
    [{ name: 'broken', below: 1 }, false, 'broken is NaN', undefined],
    [{ name: 'broken', above: 1 }, false, 'broken is NaN', undefined],
  ])('%j', async (settings, met, saw, left) => {
    const reading = await lookAt(settings);
    expect(reading).toEqual(read(met, saw, left === undefined ? left : expect.closeTo(left, 9)));
  });

  it('does not hold for a metric that is not there, unless that is said to be zero', async () => {
    for (const settings of [{ name: 'typo' }, { labels: { admin: 'no' } }]) {
      const { name } = { name: CX, ...settings };
      expect(await lookAt({ ...settings, below: 1 })).toEqual(read(false, `no ${name} that counts`));
      const zero = await lookAt({ ...settings, below: 1, onMissing: 'zero' });
      expect(zero).toEqual(read(true, `no ${name}, taken for 0`, 0));
    }
  });

  it.each([
    ['an error page', '<html>\n', 'what came is not in the Prometheus text format'],
    ['JSON', '{"error":"not ready"}', 'what came is not in the Prometheus text format'],
    ['a plain word', 'OK\n', 'what came is not in the Prometheus text format'],
    ['a sample that is torn', `${CX}{a="1\n`, `a sample of ${CX} can't be read`],
  ])('takes %s for nothing it can read', async (_what, body, reason) => {
    expect(await lookAt({ below: 1, onMissing: 'zero' }, body)).toEqual(unreadable(reason));
  });

  it.each([
    ['no metric at all', ''],
    ['comments alone', '# EOF\n'],
    ['metrics of others', 'other 1\n'],
    ['metrics of others with labels, and text among them', 'torn\nother{a="b c"}\t+Inf\n'],
    ['names in quotes', '{"an.other",a="b"} 2\n'],
  ])('takes %s for zero where that is said', async (_what, body) => {
    const zero = await lookAt({ below: 1, onMissing: 'zero' }, body);
    expect(zero).toEqual(read(true, `no ${CX}, taken for 0`, 0));
  });

  it('takes an answer that is not whole, or no success, for nothing it can read', async () => {
    const down = await serve((_request, answer) => answer.writeHead(503).end(ENVOY));
    expect(await look({ metric: { url: down, name: CX, below: 99 } })).toEqual(
      unreadable('answered 503, expected 200'),
    );
    const torn = await serve((_request, answer) => {
      answer.writeHead(200, { 'Content-Length': '9999' }).write(ENVOY, () => answer.destroy());
    });
    expect(await look({ metric: { url: torn, name: CX, below: 99 } })).toEqual(
      unreadable('answered 200, but the connection broke within the body'),
    );
    const host = `127.0.0.1:${await closedPort()}`;
    expect(await look({ metric: { url: `http://${host}`, name: CX, below: 1 } })).toEqual(
      unreadable(`connection refused by ${host}`, true),
    );
  });

  it('asks for the text format, and goes through a Unix socket', async () => {
    const path = join(await temporaryFolder(), 'admin.sock');
    const server = createServer(({ headers, url }, answer) =>
      answer.end(`${CX} ${url === '/stats' ? headers.accept?.length : 0}\n`),
    );
    await listen(server, { path });
    const metric = { url: 'http://envoy/stats', unixSocket: path, name: CX, above: 0 };
    expect(await look({ metric })).toEqual(read(true, `${CX} is 24`, 0));
  });

  it('reads exposition of many megabytes as it streams in', async () => {
    const block = Array.from(
      { length: 1000 },
      (_, index) => `http_requests_total{path="/${index}"} ${index}\n${CX}{n="${index}"} 1\n`,
    );
    const url = await serve((_request, answer) => {
      let left = 200;
      const write = () => {
        while (left > 0) {
          left -= 1;
          if (!answer.write(block.join(''))) return void answer.once('drain', write);
        }
        answer.end();
      };
      write();
    });
    const reading = await look({ metric: { url, name: CX, labels: { n: { matches: '^[0-9]$' } }, equals: 2000 } });
    expect(reading).toEqual(read(true, `sum of 2000 ${CX} is 2000`, 0));
  });

  it('gives up on an exposition that never ends', async () => {
    const comment = `# ${'x'.repeat(1_000_000)}\n`;
    const url = await serve((_request, answer) => {
      const write = () => {
        while (answer.write(comment));
        answer.once('drain', write);
      };
      write();
    });
    expect(await look({ metric: { url, name: CX, below: 1, onMissing: 'zero' } })).toEqual(
      unreadable('the metrics are larger than 64Mi'),
    );
  });

  it('does not match hostile labels for ever', async () => {
    const body = `${CX}{a="${'a'.repeat(60)}!"} 1\n`;
    expect(await lookAt({ labels: { a: { matches: '^(a+)+$' } }, below: 1 }, body)).toEqual(
      unreadable('matching its labels took too long'),
    );
  });

  it('says what it waits for', () => {
    const metric = { url: 'http://127.0.0.1:9901/stats/prometheus?usedonly', name: CX, below: 1 };
    expect(conditionOf({ metric }).summary).toBe(`metric ${CX} of http://127.0.0.1:9901/stats/prometheus is below 1`);
  });
});
