/** Starts a cluster, says in one line of JSON what it is, and keeps it until it is killed. */
import { startNode } from '../../cluster/node.ts';

const { cluster } = await startNode();
process.stdout.write(`${JSON.stringify(cluster)}\n`);
setInterval(() => undefined, 60_000);
