/** Other words for a command, which people bring along from other programs. */
export const ALIASES: Readonly<Record<string, string>> = {
  backup: 'run',
  check: 'doctor',
  delete: 'del',
  history: 'logs',
  log: 'logs',
  ls: 'list',
  remove: 'del',
  rm: 'del',
};

/** The topics of commands, as they are spelt elsewhere. */
const TOPIC_ALIASES: Readonly<Record<string, string>> = {
  catalogue: 'catalog',
  destinations: 'destination',
  dest: 'destination',
};

/** A command line as the commands know it: without aliases, and with `--help` behind in place of `help` before. */
export function commandWords(typed: readonly string[]): string[] {
  const [first, ...rest] = typed;
  if (first === undefined) return [];
  if (first === 'help') return [...commandWords(rest), '--help'];
  const known = { ...ALIASES, ...TOPIC_ALIASES };
  const command = Object.hasOwn(known, first) ? (known[first] ?? first) : first;
  const [second, ...others] = rest;
  // `pgbak destination rm nas`.
  if (command !== 'destination' || second === undefined || !Object.hasOwn(ALIASES, second)) return [command, ...rest];
  return [command, ALIASES[second] ?? second, ...others];
}
