import { quoted } from '../core/printable.ts';
import { refuseControl, type Installation } from './installation.ts';

const BEGIN = '# pgbak begin: kept by "pgbak schedule", do not edit';
const END = '# pgbak end';

/** The line that starts pgbak every hour, by any shell that cron has. */
export function crontabLine({ minute, node, program, environmentFile }: Installation): string {
  for (const path of [node, program, environmentFile]) refuseControl(path);
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

/** How our own line begins; it may have been copied out of what `pgbak schedule` prints, and stand there by itself. */
const OWN_LINE = /^\S+( \S+){4} set -a; \[ ! -r .*; exec .* run --quiet$/;

export function withoutBlock(crontab: string): string {
  const lines = crontab.split('\n');
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  const others = begin === -1 || end === -1 ? lines : [...lines.slice(0, begin), ...lines.slice(end + 1)];
  return others.filter((line) => !OWN_LINE.test(line)).join('\n');
}
