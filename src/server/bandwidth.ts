import { ConfigError } from '../core/errors.ts';

const UNITS: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Reads a rate as rclone does, in bytes a second: `10M` is 10 MiB/s. Throws a `ConfigError` for less than 1 KiB/s. */
export function parseRate(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMG])$/i.exec(text.trim()) ?? [];
  const bytesPerSecond = Math.round(Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN));
  if (bytesPerSecond >= 1024 && Number.isSafeInteger(bytesPerSecond)) return bytesPerSecond;
  throw new ConfigError('the rate must be a number of K, M or G a second', 'For example: --bandwidth 10M for 10 MiB/s');
}
