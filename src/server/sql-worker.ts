/**
 * A SQL process: runs what tenants send to their databases, one round at a time. It may be killed at any moment.
 *
 * It sees the folder of D1 databases and nothing else; no network, no child processes. Its parent is the router.
 */
import { D1Runner } from '../bindings/d1/runner.ts';
import { serveRounds } from '../storage/pool/worker.ts';
import { ignoreSignals } from './channel.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { dieWithParent } from './walls/signals.ts';

ignoreSignals();

const [root = '', fsync] = process.argv.slice(2);
const libc = loadLibc();
// An endless query looks at nothing: without the router there would be nobody to end it.
dieWithParent(libc);
raiseWalls(libc);
serveRounds((onTrouble) => new D1Runner({ root, fsync: fsync === 'normal' ? 'normal' : 'full', onTrouble }));
process.exit(0);
