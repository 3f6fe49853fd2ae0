import { html } from 'hono/html';
import type { Context } from '../core/context.ts';
import { lacksSchedule, NO_SCHEDULE } from '../monitor/next-steps.ts';
import type { Piece } from './layout.ts';
import { toldView } from './told-view.ts';

/** A crontab is a program's answer, so it is not asked for with every page. */
const KEPT_MS = 60_000;

export interface ScheduleWatch {
  /** A warning while nothing starts pgbak by itself. Asked last by a page, so that nothing waits for it. */
  banner(): Promise<Piece | ''>;
}

export function openScheduleWatch(context: Context): ScheduleWatch {
  let asked: { at: number; isLacking: Promise<boolean> } | undefined;
  const isLacking = () => {
    const now = context.clock.now().getTime();
    if (asked === undefined || now - asked.at > KEPT_MS) {
      // What cannot be found out is not warned of; the doctor tells it.
      asked = { at: now, isLacking: lacksSchedule(context).catch(() => false) };
    }
    return asked.isLacking;
  };
  // The first page then need not wait.
  void isLacking();
  return {
    banner: async () =>
      (await isLacking())
        ? html`<section class="banner warning" aria-label="Schedule">${toldView(NO_SCHEDULE)}</section>`
        : '',
  };
}
