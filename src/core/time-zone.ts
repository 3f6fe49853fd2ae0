/** `local` is the zone of this machine, or the one that TZ names. */
export type Zone = 'local' | 'utc';

/** The zones of one command: of times that a person types without an offset, and of times in texts for people. */
export interface Zones {
  typed: Zone;
  shown: Zone;
}

/** The instants that a typed time stands for. `2026-11-26 17:55` stands for that whole minute, a day for its first moment. */
export interface TypedTime {
  from: Date;
  until: Date;
  /** Whether a day was typed without an hour. */
  isDay: boolean;
}

const SHAPE =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<hour>\d?\d):(?<minute>\d\d)(?<second>:\d\d(?<fraction>\.\d{1,6})?)?(?: ?(?<offset>Z|UTC|[+-]\d\d:?\d\d))?)?$/i;
/** The time in the name of an archive in a directory: `20261126T165507Z`. */
const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/i;
/** `17:55`, `today`, `yesterday 17:55`. An offset other than UTC would leave open whose day is meant. */
const NEAR = /^(?:(?<word>today|yesterday)(?: |$))?(?<time>\d?\d:\d\d(?::\d\d)?(?<utc> ?(?:Z|UTC))?)?$/i;

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/**
 * Reads a time as people type it and as pgbak shows it: `2026-11-26`, `2026-11-26 17:55`, `2026-11-26T17:55:30Z`,
 * `2026-11-26 17:55 +01:00`, `17:55`, `yesterday`, `yesterday 17:55`, and `20261126T165507Z` as in the names of archives.
 * Without an offset it is a time of `zone`. A day alone is its beginning. An hour alone is the last time that a clock
 * showed it: today's, or yesterday's where today's is later than `now`. Undefined for all else.
 */
export function parseTypedTime(text: string, zone: Zone, now: Date): TypedTime | undefined {
  const typed = text.trim().replace(STAMP, '$1-$2-$3T$4:$5:$6Z');
  const { word, time, utc } = NEAR.exec(typed)?.groups ?? {};
  if (word === undefined && time === undefined) return parseDated(typed, zone);
  const onDay = (daysAgo: number) => {
    const day = dayBefore(now, daysAgo, utc === undefined ? zone : 'utc');
    return parseDated(time === undefined ? day : `${day} ${time}`, zone);
  };
  if (word !== undefined) return onDay(word.toLowerCase() === 'today' ? 0 : 1);
  const today = onDay(0);
  return today !== undefined && today.from > now ? onDay(1) : today;
}

function parseDated(text: string, zone: Zone): TypedTime | undefined {
  const { day, hour, minute = '00', second, fraction = '', offset } = SHAPE.exec(text)?.groups ?? {};
  if (day === undefined) return undefined;
  const written = `${day}T${(hour ?? '').padStart(2, '0')}:${minute}${second ?? ':00'}`;
  // February 30 would otherwise become March 2.
  const asUtc = new Date(`${written}Z`);
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString().slice(0, 10) !== day) return undefined;
  const isUtc = offset === undefined ? zone === 'utc' : /^(?:Z|UTC)$/i.test(offset);
  const from = new Date(`${written}${isUtc ? 'Z' : withColon(offset ?? '')}`);
  if (Number.isNaN(from.getTime())) return undefined;
  const isDay = hour === undefined;
  return { from, until: new Date(from.getTime() + lastMomentOf(isDay, second, fraction)), isDay };
}

/** The date of so many days before `now`. A day of a calendar, which need not have 24 hours. */
function dayBefore(now: Date, daysAgo: number, zone: Zone): string {
  const [year, month, day] =
    zone === 'utc'
      ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
      : [now.getFullYear(), now.getMonth(), now.getDate()];
  return new Date(Date.UTC(year, month, day - daysAgo)).toISOString().slice(0, 10);
}

/** `+0100` as JavaScript reads it. */
function withColon(offset: string): string {
  return offset.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
}

/** What is shown of a time leaves out its last digits: all that is shown like it is meant. */
function lastMomentOf(isDay: boolean, second: string | undefined, fraction: string): number {
  if (isDay || fraction !== '') return 0;
  return (second === undefined ? MINUTE_MS : SECOND_MS) - 1;
}
