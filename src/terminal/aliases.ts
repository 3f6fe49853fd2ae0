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

/** The topic of the commands about the catalogue, as it is spelt elsewhere. */
const TOPIC_ALIASES: Readonly<Record<string, string>> = { catalogue: 'catalog' };

/** A command line as the commands know it: without aliases, and with `--help` behind in place of `help` before. */
export function commandWords(typed: readonly string[]): string[] {
  const [first, ...rest] = typed;
  if (first === undefined) return [];
  if (first === 'help') return [...commandWords(rest), '--help'];
  const known = { ...ALIASES, ...TOPIC_ALIASES };
  return [Object.hasOwn(known, first) ? (known[first] ?? first) : first, ...rest];
}
