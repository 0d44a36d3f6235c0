/** What the system lets each process of this server have. */
import { readFileSync } from 'node:fs';

/** Where the system does not tell, or says that there is no limit. */
const MANY = 65_536;

/** Files and connections that may be open. Node.js goes up to the hard limit when it starts, and child processes have the limit of their parent. */
export function descriptorLimit(): number {
  // What it says of the network it looks up in the DNS. Not in the types yet.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const limit = Number(userLimits?.open_files?.soft);
  return limit > 0 && Number.isFinite(limit) ? limit : MANY;
}

/** Memory maps that there may be: without one left V8 ends the process. Infinite where the system counts none. @see https://docs.kernel.org/admin-guide/sysctl/vm.html#max-map-count */
export function mapLimit(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1')) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
