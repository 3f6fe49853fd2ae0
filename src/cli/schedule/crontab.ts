import { quoted } from '../quoted.ts';
import type { Installation } from './installation.ts';

const BEGIN = '# pgbak begin: kept by "pgbak schedule", do not edit';
const END = '# pgbak end';

/** The line that starts pgbak every hour, by whatever shell cron has. */
export function crontabLine({ minute, node, program, environmentFile }: Installation): string {
  const file = quoted(environmentFile);
  const load = `set -a; [ ! -r ${file} ] || . ${file}; set +a`;
  // cron takes a percent sign for a line break.
  return `${minute} * * * * ${`${load}; exec ${quoted(node)} ${quoted(program)} run --quiet`.replaceAll('%', String.raw`\%`)}`;
}

/** A crontab with our own block in it, in place of an earlier one; all else stays as it is. */
export function withBlock(crontab: string, installation: Installation): string {
  const others = withoutBlock(crontab);
  return `${others}${others === '' || others.endsWith('\n') ? '' : '\n'}${[BEGIN, crontabLine(installation), END].join('\n')}\n`;
}

export function withoutBlock(crontab: string): string {
  const lines = crontab.split('\n');
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  if (begin === -1 || end === -1) return crontab;
  return [...lines.slice(0, begin), ...lines.slice(end + 1)].join('\n');
}
