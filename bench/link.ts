/** A network link of a known speed between this machine and a network namespace of its own. Needs root. */
import { run } from './run.ts';

export interface Link {
  /** Of this machine, as it is seen from the other end. */
  readonly address: string;
  /** The start of a command line that runs the rest of it at the other end; files and mounts are the same there. */
  readonly enter: readonly string[];
}

/** Addresses for benchmarks of networks: RFC 2544. */
const HERE = '198.18.250.1';
const THERE = '198.18.250.2';

/** Runs `use` with a link that carries `mbit` megabits a second to the other end. */
export async function withLink<T>(mbit: number, use: (link: Link) => Promise<T>): Promise<T> {
  const name = `stowage-${process.pid}`;
  const device = `swb${process.pid}`;
  const inside = ['ip', '-n', name];
  await run(['ip', 'netns', 'add', name]);
  try {
    await run(['ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'there', 'netns', name]);
    await run(['ip', 'address', 'add', `${HERE}/30`, 'dev', device]);
    await run(['ip', 'link', 'set', device, 'up']);
    await run([...inside, 'address', 'add', `${THERE}/30`, 'dev', 'there']);
    await run([...inside, 'link', 'set', 'there', 'up']);
    const limit = ['tbf', 'rate', `${mbit}mbit`, 'burst', '256k', 'latency', '50ms'];
    await run(['tc', 'qdisc', 'add', 'dev', device, 'root', ...limit]);
    return await use({ address: HERE, enter: ['nsenter', `--net=/run/netns/${name}`] });
  } finally {
    await run(['ip', 'netns', 'del', name]);
  }
}
