import { choice, whole } from './field-kinds.ts';
import { DUMPED, LIMITS } from './flag-groups.ts';

/** What a dump and its archive must keep to. */
export const LIMIT_FIELDS = {
  minSizeBytes: whole(
    {
      flag: 'min-size',
      helpGroup: LIMITS,
      help: 'reject archives that are smaller; default 4096, with --all-databases 0',
      helpValue: 'BYTES',
    },
    { what: 'minimum size', unit: 'bytes', least: 0, default: 4096 },
  ),
  sizeTolerancePercent: whole(
    {
      flag: 'size-tolerance',
      helpGroup: LIMITS,
      help: 'how much the size may differ from the last good backup; default 10',
      helpValue: 'PERCENT',
    },
    { what: 'size tolerance', unit: 'percent', least: 0, default: 10 },
  ),
  /** The reaction to a suspicious change of size. */
  onSizeChange: choice(
    {
      flag: 'on-size-change',
      helpGroup: LIMITS,
      help: 'if it differs more: alert (default) warns and stores; reject fails and stores nothing',
    },
    ['alert', 'reject'],
  ),
  lockWaitSeconds: whole(
    {
      flag: 'lock-wait-sec',
      helpGroup: LIMITS,
      help: 'how long pg_dump waits for locked tables; default 600',
      helpValue: 'SECONDS',
    },
    { what: 'lock wait', unit: 'seconds', least: 1, default: 600 },
  ),
  idleTimeoutSeconds: whole(
    {
      flag: 'idle-timeout-sec',
      helpGroup: LIMITS,
      help: 'end a dump that writes nothing for so long; default 1800',
      helpValue: 'SECONDS',
    },
    { what: 'idle timeout', unit: 'seconds', least: 1, default: 1800 },
  ),
  /** For the format `directory`. */
  dumpJobs: whole(
    {
      flag: 'dump-jobs',
      helpGroup: DUMPED,
      help: 'how many connections dump at once, with --format directory; default 2',
      helpValue: 'COUNT',
      triedAt: 'database',
    },
    { what: 'number of connections', unit: 'connections', least: 1, default: 2 },
  ),
};
