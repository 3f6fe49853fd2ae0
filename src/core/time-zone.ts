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
}

const SHAPE =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?<second>:\d\d(?<fraction>\.\d{1,6})?)?(?: ?(?<offset>Z|UTC|[+-]\d\d:?\d\d))?)?$/i;

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/**
 * Reads a time as people type it and as pgbak shows it: `2026-11-26`, `2026-11-26 17:55`, `2026-11-26T17:55:30Z`,
 * `2026-11-26 17:55 +01:00`. Without an offset it is a time of `zone`, and a date alone is the beginning of that day. Undefined
 * for all else.
 */
export function parseTypedTime(text: string, zone: Zone): TypedTime | undefined {
  const { day, hour = '00', minute = '00', second, fraction = '', offset } = SHAPE.exec(text.trim())?.groups ?? {};
  if (day === undefined) return undefined;
  const written = `${day}T${hour}:${minute}${second ?? ':00'}`;
  // February 30 would otherwise become March 2.
  const asUtc = new Date(`${written}Z`);
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString().slice(0, 10) !== day) return undefined;
  const isUtc = offset === undefined ? zone === 'utc' : /^(?:Z|UTC)$/i.test(offset);
  const from = new Date(`${written}${isUtc ? 'Z' : withColon(offset ?? '')}`);
  if (Number.isNaN(from.getTime())) return undefined;
  return { from, until: new Date(from.getTime() + lastMomentOf(isDayAlone(text), second, fraction)) };
}

/** Whether a time is typed as a day without an hour. */
export function isDayAlone(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text.trim());
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
