import { BlockList, isIP } from 'node:net';
import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { type Address, addressText, isIPv4 } from '../../proc/proc-net-tcp.ts';

/** The word for the addresses of the pod's own containers to each other. */
const LOOPBACK = 'loopback';

/** The schema of an address, a block of addresses, or the word for loopback. */
export const addressBlock = onDemand(() =>
  z.string().check(
    z.refine((text) => blockOf(text) !== undefined, {
      error: `must be a block of addresses such as 10.0.0.0/8 or fd00::/8, an address, or ${LOOPBACK}`,
      params: { remedy: 'write the address, a slash, and how many of its bits the block shares' },
    }),
  ),
);

interface Block {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

function blockOf(text: string): Block | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? most : /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (text === LOOPBACK) return { address: '127.0.0.0', bits: 8, family: 'ipv4' };
  // A zone is an interface's, not an address's.
  if (version === 0 || address.includes('%') || !(bits <= most) || rest.length > 0) return undefined;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Tells whether an address lies in one of the blocks, which the schema has accepted. */
export function createMatcher(blocks: readonly string[]): (address: Address) => boolean {
  if (blocks.length === 0) return () => false;
  const list = new BlockList();
  for (const text of blocks) {
    const block = blockOf(text);
    if (block !== undefined) list.addSubnet(block.address, block.bits, block.family);
  }
  if (blocks.includes(LOOPBACK)) list.addAddress('::1', 'ipv6');
  return (address) => list.check(addressText(address), isIPv4(address) ? 'ipv4' : 'ipv6');
}
