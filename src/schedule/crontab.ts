import { quoted } from '../core/printable.ts';
import { refuseControl, type Installation } from './installation.ts';

const BEGIN = '# pgbak begin: kept by "pgbak schedule", do not edit';
const END = '# pgbak end';

/** The line that starts pgbak every hour; works in every shell that cron may use. */
export function crontabLine({ minute, node, program, environmentFile }: Installation): string {
  for (const path of [node, program, environmentFile]) refuseControl(path);
  const file = quoted(environmentFile);
  const load = `set -a; [ ! -r ${file} ] || . ${file}; set +a`;
  // cron reads an unescaped percent sign as a line break.
  return `${minute} * * * * ${`${load}; exec ${quoted(node)} ${quoted(program)} run --quiet`.replaceAll('%', String.raw`\%`)}`;
}

/** The crontab with pgbak's block, which replaces an earlier one; other lines stay as they are. */
export function withBlock(crontab: string, installation: Installation): string {
  const others = withoutBlock(crontab);
  return `${others}${others === '' || others.endsWith('\n') ? '' : '\n'}${[BEGIN, crontabLine(installation), END].join('\n')}\n`;
}

/** pgbak's own line, which may stand without its block: copied from the output of `pgbak schedule`. */
const OWN_LINE = /^\S+( \S+){4} set -a; \[ ! -r .*; exec .* run --quiet$/;

export function withoutBlock(crontab: string): string {
  const lines = crontab.split('\n');
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  const others = begin === -1 || end === -1 ? lines : [...lines.slice(0, begin), ...lines.slice(end + 1)];
  return others.filter((line) => !OWN_LINE.test(line)).join('\n');
}
