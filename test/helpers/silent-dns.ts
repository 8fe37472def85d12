import dns from 'node:dns';
import { onTestFinished } from 'vitest';

/** The system's lookups, until the test is over, which are as silent as the cluster's DNS until they are told what to answer. */
export function silentDns(): { readonly asked: string[]; answer(address: string): void } {
  const { lookup } = dns;
  const asked: string[] = [];
  const waiting: ((error: null, addresses: object[]) => void)[] = [];
  const silent = (host: string, _options: object, callback: (error: null, addresses: object[]) => void) => {
    asked.push(host);
    waiting.push(callback);
  };
  Object.assign(dns, { lookup: silent });
  onTestFinished(() => void Object.assign(dns, { lookup }));
  return {
    asked,
    answer: (address) => {
      for (const callback of waiting.splice(0)) callback(null, [{ address, family: 4 }]);
    },
  };
}
