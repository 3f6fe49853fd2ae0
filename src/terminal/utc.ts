import * as Flags from '@oclif/core/flags';
import type { Zone } from '../core/time-zone.ts';

/** The flag of all commands that take or show times. */
export const utcFlag = {
  utc: Flags.boolean({
    description: 'take and show times in UTC',
    helpGroup: 'OUTPUT',
  }),
};

/** The same flag of commands whose tables tell ages. */
export const utcForAgesFlag = {
  utc: Flags.boolean({
    description: 'show times in UTC, in place of "2 hours ago"',
    helpGroup: 'OUTPUT',
  }),
};

let isUtc = false;

/** Notes that `--utc` was given. */
export function useUtc(): void {
  isUtc = true;
}

/** Whether `--utc` was given. */
export function isUtcAsked(): boolean {
  return isUtc;
}

/** The zone of times that are typed without an offset. */
export function typedZone(): Zone {
  return isUtc ? 'utc' : 'local';
}

/** The zone of times that are shown: that of the person at the terminal; UTC in a file or a pipe, which others read. */
export function shownZone(stream: { isTTY?: boolean } = process.stdout): Zone {
  return isUtc || stream.isTTY !== true ? 'utc' : 'local';
}
