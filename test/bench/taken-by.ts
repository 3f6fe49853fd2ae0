import { cpus, totalmem } from 'node:os';

/** When figures were taken, by which command, and on what machine. */
export function takenBy(command: string, rounds: number): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? '?'}, ${memory}, Node ${process.version}`;
  return `Taken on ${new Date().toISOString().slice(0, 10)} by \`${command}\`: ${machine}, medians of ${rounds}.`;
}
