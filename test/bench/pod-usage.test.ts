import { describe, expect, it } from 'vitest';
import {
  cpuSeconds,
  processMemory,
  transmitted,
  workingSet,
  written,
} from '../../bench/cluster/pod-usage.ts';

const VERSION_1 = files({
  'memory.usage_in_bytes': '1000\n',
  'memory.stat': 'rss 1\ninactive_file 2\ntotal_rss 300\ntotal_inactive_file 600\n',
  'cpuacct.usage': '2500000000\n',
});
const VERSION_2 = files({
  'memory.current': '1000\n',
  'memory.stat': 'anon 300\nfile 700\ninactive_anon 5\ninactive_file 600\n',
  'cpu.stat': 'usage_usec 2500000\nuser_usec 1\n',
});

function files(all: Readonly<Record<string, string>>) {
  return (name: string): string | undefined => all[name];
}

describe.each([
  ['version 1 of cgroups', VERSION_1],
  ['version 2 of cgroups', VERSION_2],
])('%s', (_, file) => {
  it('tells memory and processor time of a pod', () => {
    expect(processMemory(file)).toBe(300);
    expect(workingSet(file)).toBe(400);
    expect(cpuSeconds(file)).toBe(2.5);
  });
});

describe('a pod that is gone', () => {
  it('takes nothing', () => {
    const none = files({});
    expect([processMemory(none), workingSet(none), cpuSeconds(none)]).toEqual([0, 0, 0]);
    expect([written(undefined), transmitted(undefined)]).toEqual([0, 0]);
  });
});

describe('a process', () => {
  it('has written what it was charged with', () => {
    expect(written('rchar: 9\nwchar: 8\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n')).toBe(4096);
  });

  it('sends over all networks but its own', () => {
    const devices = [
      'Inter-|   Receive                            |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo',
      '    lo:     100       1    0    0    0     0          0         0      100       1    0    0',
      '  eth0:    2000      20    0    0    0     0          0         0     3000      30    0    0',
      '  eth1:7 1 0 0 0 0 0 0 40 1 0 0',
    ];
    expect(transmitted(devices.join('\n'))).toBe(3040);
  });
});
