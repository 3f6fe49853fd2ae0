import type { Context } from '../core/context.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Notices } from './notices.ts';

/** What all pages share. */
export interface Site {
  context: Context;
  jobs: Jobs;
  notices: Notices;
}
