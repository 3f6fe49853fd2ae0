import { rmSync, statSync } from 'node:fs';
import type { Account } from '../support/pgbak.ts';
import { candidatesFor, EARLIER, PLAIN_DUMP } from './candidates.ts';
import type { BenchDatabase } from './databases.ts';
import { measure, median, type Cost } from './measure.ts';
import { markdownTable } from './markdown.ts';

/** The medians of what one candidate cost, and how large its archive was. */
export interface Measured extends Cost {
  name: string;
  archiveBytes: number;
}

/** Lets the candidates take turns at a database, so often. */
export async function compare(
  account: Account,
  { name: database }: BenchDatabase,
  url: string,
  rounds: number,
  compressions: readonly string[],
): Promise<Measured[]> {
  const candidates = await candidatesFor(account, compressions);
  const costs = candidates.map((): Cost[] => []);
  const sizes = candidates.map(() => 0);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, command, file, isOnlyOnce = false }] of candidates.entries()) {
      if (isOnlyOnce && round > 0) continue;
      process.stderr.write(`${database}, round ${round + 1} of ${rounds}: ${name}\n`);
      costs[index]?.push(await measure(command(url, database), account.env, account.temporary));
      if (file !== undefined) {
        sizes[index] = statSync(file).size;
        rmSync(file);
      } else if (name !== PLAIN_DUMP) sizes[index] = await lastSize(account, database);
    }
  }
  return candidates.map(({ name }, index) => ({
    name,
    archiveBytes: sizes[index] ?? 0,
    ...medians(costs[index] ?? []),
  }));
}

export async function lastSize(account: Account, database: string): Promise<number> {
  const [last] = (await account.json('logs', database, '--limit', '1')) as { size: number }[];
  return last?.size ?? 0;
}

export function medians(costs: readonly Cost[]): Cost {
  const of = (field: keyof Cost) => median(costs.map((cost) => cost[field]));
  return {
    elapsedMs: of('elapsedMs'),
    cpuMs: of('cpuMs'),
    // The most of all rounds.
    nodeMemoryBytes: Math.max(...costs.map(({ nodeMemoryBytes }) => nodeMemoryBytes)),
    temporaryBytes: Math.max(...costs.map(({ temporaryBytes }) => temporaryBytes)),
  };
}

export function ratio(measured: readonly Measured[], name: string, to: string): number {
  const of = (wanted: string) => measured.find((one) => one.name === wanted)?.elapsedMs ?? Number.NaN;
  return of(name) / of(to);
}

export function comparisonTable(measured: readonly Measured[]): string {
  const head = [
    '',
    'time',
    'against the earlier',
    'processor s',
    'archive MB',
    'temporary disk MB',
    "pgbak's memory MB",
  ];
  const megabytes = (bytes: number) => (bytes === 0 ? '' : (bytes / 1e6).toFixed(0));
  const rows = measured.map((one) => [
    one.name,
    ratio(measured, one.name, PLAIN_DUMP).toFixed(2),
    ratio(measured, one.name, EARLIER).toFixed(2),
    (one.cpuMs / 1000).toFixed(1),
    megabytes(one.archiveBytes),
    megabytes(one.temporaryBytes),
    one.name.startsWith('pgbak') ? megabytes(one.nodeMemoryBytes) : '',
  ]);
  return markdownTable(head, rows);
}
