import type { Context } from '../core/context.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Notices } from './notices.ts';
import type { ScheduleWatch } from './schedule-watch.ts';

/** What all pages share. */
export interface Site {
  context: Context;
  jobs: Jobs;
  notices: Notices;
  schedule: ScheduleWatch;
}
