import { keepFile } from '../../proc/kept-file.ts';

/** What the kernel counts of the TCP connections of this network namespace, those of IPv4 and of IPv6 together. */
export interface Openings {
  /** How many have begun since the namespace did, from its sockets and to them. */
  readonly begun: number;
  /** How many are open, or were closed by the peer alone. */
  readonly established: number;
}

export interface OpeningCounter {
  /** Takes microseconds, however many connections there are. Undefined where the system does not tell. */
  read(): Openings | undefined;
  close(): void;
}

/** ActiveOpens, PassiveOpens and CurrEstab: the order is that of RFC 1213. Source: net/ipv4/proc.c of Linux. */
const LINE = /^Tcp: (?:-?\d+ ){4}(?<active>\d{1,15}) (?<passive>\d{1,15}) \d+ \d+ (?<established>\d{1,9}) /m;

/** Keeps `/proc/net/snmp` open. Never throws. */
export function openOpeningCounter(path: string): OpeningCounter {
  const file = keepFile(path);
  return {
    read() {
      const found = LINE.exec(file.read() ?? '')?.groups;
      if (found === undefined) return undefined;
      return {
        begun: Number(found['active']) + Number(found['passive']),
        established: Number(found['established']),
      };
    },
    close: file.close,
  };
}
