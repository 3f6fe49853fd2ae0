import type { Catalog } from '../catalog/open-catalog.ts';
import type { Environment } from '../server/environment.ts';
import type { Clock } from '../system/clock.ts';
import type { Report } from './events.ts';
import type { Zones } from './time-zone.ts';

/** The parts that vary with a run. A command opens them and gives them to every story. */
export interface Context {
  catalog: Catalog;
  environment: Environment;
  /** Aborted with an `InterruptedError` when a signal asks pgbak to stop. */
  signal: AbortSignal;
  /** Takes what happens, as it happens. */
  report: Report;
  clock: Clock;
  zones: Zones;
  /** pgbak's own version. */
  version: string;
}
