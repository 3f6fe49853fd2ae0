/** What may go wrong, and what the page says of it. */
export const KINDS = {
  kill: 'a process is killed with SIGKILL',
  stop: 'pgbak gets SIGINT, SIGTERM or SIGHUP',
  full: 'a disk or a quota is full',
  denied: 'rights are missing, or a disk is read-only',
  gone: 'something is missing: a file, a directory, a database, a program, an archive',
  damaged: 'bytes have changed',
  replaced: 'somebody else has put other content there',
  hang: 'no answer ever comes',
  refused: 'a service, server or program says no',
  lost: 'an answer or a connection is lost',
  clock: 'the time jumps',
  output: 'standard output or standard error is closed, full or unusual',
  locked: 'somebody else holds a lock',
  hostile: 'somebody made the content to do harm',
  secret: 'a password or a key is wrong, is missing, or has changed',
} as const;

/** When it goes wrong. */
export const PHASES = {
  connect: 'settings are read, and the catalogue and the database are opened',
  dump: 'pg_dump writes the dump',
  compress: '7-Zip compresses the dump',
  judge: 'a new archive is checked',
  upload: 'an archive is uploaded',
  publish: 'an archive gets its name in storage',
  record: 'a result is written to the catalogue and to the output',
  ping: 'a health check or a log service is told',
  prune: 'old backups are removed',
  copy: 'a copy of the catalogue is stored',
  fetch: 'an archive is fetched from storage',
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
