/** What may go wrong, and what is meant by it on the page. */
export const KINDS = {
  kill: 'a process is killed with SIGKILL',
  stop: 'SIGINT, SIGTERM or SIGHUP',
  full: 'a disk or a quota is full',
  denied: 'rights are missing, or a medium is read-only',
  gone: 'a thing is not there',
  damaged: 'bytes have changed',
  replaced: "somebody else's content is in a thing's place",
  hang: 'no answer comes, ever',
  refused: 'a service, server or program says no',
  lost: 'an answer or a connection is lost',
  clock: 'the time jumps',
  output: 'standard output or error cannot be written to, or is odd',
  locked: 'somebody else holds a lock',
  hostile: 'content was made to do harm',
  secret: 'a password or a key is wrong, missing or another one by now',
} as const;

/** When it goes wrong. */
export const PHASES = {
  connect: 'settings are read, the catalogue and the database are opened',
  dump: 'pg_dump writes',
  compress: '7-Zip packs',
  judge: 'a new archive is looked at',
  upload: 'an archive is on its way to its storage',
  publish: 'an archive gets its name in the storage',
  record: 'the catalogue and the output learn of a result',
  ping: 'a service is told',
  prune: 'old backups are removed',
  copy: 'a copy of the catalogue is stored',
  fetch: 'an archive comes back from its storage',
  prove: 'an archive is compared with the one that was stored',
  load: 'a dump is loaded, or written to a file',
  commit: 'a restore becomes visible',
  scratch: 'a backup is restored into a throwaway database',
} as const;

export type Kind = keyof typeof KINDS;
export type Phase = keyof typeof PHASES;

export const isKind = (word: string): word is Kind => Object.hasOwn(KINDS, word);
export const isPhase = (word: string): word is Phase => Object.hasOwn(PHASES, word);

/** A kind of fault in a phase, as a tag names it. */
export type CellName = `${Kind}@${Phase}`;
