import { readFileSync } from 'node:fs';
import { catalogPathOf } from '../../catalog/catalog-path.ts';
import { glanceAt, type Glance } from '../../catalog/glance.ts';
import { formatBytes, formatInstant } from '../../core/format.ts';
import { candidates, completionLine, type Candidate, type KnownCommand } from './candidates.ts';
import { FILES } from './scripts.ts';
import { splitLine } from './split-line.ts';

/**
 * Answers a shell at the Tab key: bin/run.js calls this without oclif, for speed. `words` stand behind `pgbak completion`.
 * Whatever fails, nothing is printed: the person is in the middle of a line.
 */
export function complete([kind, ...words]: readonly string[], program: string): void {
  let glance: Glance | undefined;
  try {
    const catalog = () => (glance ??= glanceAt(catalogPathOf({ catalogPath: process.env['DB_PATH'] || undefined })));
    const typed = kind === '--complete-line' ? splitLine(words[0] ?? '').slice(1) : words;
    const found = candidates(typed, commandsOf(program), {
      servers: () => (catalog()?.serverNames() ?? []).map((value) => ({ value, description: 'server' })),
      destinations: () => (catalog()?.destinationNames() ?? []).map((value) => ({ value, description: 'destination' })),
      points: (servers) => (catalog()?.points(servers) ?? []).map((point) => pointCandidate(point)),
    });
    const lines = found === FILES ? [FILES] : found.map((candidate) => completionLine(candidate));
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  } catch {
    // The next run of a command says what is wrong.
  } finally {
    glance?.close();
  }
}

function pointCandidate(point: ReturnType<Glance['points']>[number]): Candidate {
  const { backupId, serverName, startedAt, sizeBytes } = point;
  const size = sizeBytes === undefined ? '' : `, ${formatBytes(sizeBytes)}`;
  return {
    value: String(backupId),
    description: `${serverName}, ${formatInstant(startedAt, { zone: 'local' })}${size}`,
  };
}

function commandsOf(program: string): KnownCommand[] {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../oclif.manifest.json', program), 'utf8'));
  return Object.values(Object(manifest).commands);
}
