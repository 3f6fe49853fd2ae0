/** A line of `src` broken on purpose, and the tests that must notice it. */
export interface Mutation {
  /** What goes wrong, in plain words. */
  name: string;
  /** Texts, each of which stands exactly once in all of `src`, and what is put in their place. All are in one file. */
  edits: readonly [find: string, replacement: string][];
  /** Of these test files at least one test must fail. */
  tests: readonly string[];
  /** Only tests whose names match this pattern run, as jest's `-t` has it. */
  only?: string;
}

/** Texts are short, so that they outlive a change of the code around them. Files may move: a text is looked for in all of `src`. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the names in an archive are not encrypted',
    edits: [[`['-p', '-mhe=on']`, `['-p']`]],
    tests: ['test/archive/write-archive.test.ts'],
    only: 'tells the names',
  },
  {
    name: 'child processes inherit the whole environment',
    edits: [['env: revealed(command.env)', 'env: { ...process.env, ...revealed(command.env) }']],
    tests: ['test/system/programs.test.ts'],
  },
  {
    name: 'secrets stay in what a program writes to stderr',
    edits: [['keepLines((line) => redact(line, secrets)', 'keepLines((line) => line']],
    tests: ['test/system/programs.test.ts'],
  },
  {
    name: 'storage is not asked before the dump',
    edits: [['await programs;', 'await programs; return;']],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'takes nothing',
  },
  {
    name: 'success is pinged before it is recorded',
    edits: [
      ['await verifyNew(', 'await pings.succeeded(`${sizeBytes} bytes stored as ${place}/`); await verifyNew('],
      ['await pings.succeeded(told.join(', 'String(told.join('],
    ],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'not recorded',
  },
  {
    name: 'pg_dump does not get the snapshot in which rows are counted',
    edits: [['dump.command(snapshot?.id)', 'dump.command()']],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'is what is counted',
  },
  {
    name: 'the size in B2’s answer to an upload is not compared',
    edits: [['version.sizeBytes === sent.sizeBytes', 'true']],
    tests: ['test/storage/b2-doubt.test.ts'],
    only: 'fewer bytes',
  },
  {
    name: 'the SHA-1 in B2’s answer to an upload is not compared',
    edits: [['version.sha1 === (sent.sha1 ?? version.sha1)', 'true']],
    tests: ['test/storage/b2-doubt.test.ts'],
    only: 'other bytes',
  },
  {
    name: 'an archive that gets shorter while B2 takes it is not noticed',
    edits: [['if (sentBytes === part.sizeBytes) {', 'if (true) {']],
    tests: ['test/storage/contract/b2.test.ts'],
    only: 'gets shorter',
  },
  {
    name: 'an archive that gets shorter while a directory takes it is not noticed',
    edits: [['if (copiedBytes !== sizeBytes) {', 'if (false) {']],
    tests: ['test/storage/contract/directory.test.ts'],
    only: 'gets shorter',
  },
  {
    name: 'an archive that may not be removed loses its facts',
    edits: [['await removeFile(id);', 'await removeFile(`${id}${SIDECAR}`);\n        await removeFile(id);']],
    tests: ['test/storage/contract/directory.test.ts'],
    only: 'what is locked',
  },
  {
    name: 'the versions that lost answers left are not removed',
    edits: [['if (isDoubtful) await removeDuplicates(upload, version.id, signal);', '']],
    tests: ['test/storage/b2-doubt.test.ts'],
    only: 'the second version goes',
  },
  {
    name: 'a warning of 7-Zip (exit code 1) counts as success',
    edits: [['if (exitCode === 0) return undefined;', 'if (exitCode === 0 || exitCode === 1) return undefined;']],
    tests: ['test/archive/write-archive-failures.test.ts'],
    only: '7-Zip warns',
  },
  {
    name: 'an archive in a directory is not flushed to the disk',
    edits: [['await target.sync();', '']],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'on the disk',
  },
  {
    name: 'the directory of an archive is not flushed to the disk',
    edits: [['await directory.sync();', '']],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'on the disk',
  },
  {
    name: 'a new archive may hold more than pgbak put into it',
    edits: [["entry === undefined || found.join(', ') !== wanted", 'entry === undefined']],
    tests: ['test/archive/write-archive-failures.test.ts'],
    only: 'something else',
  },
  {
    name: 'a stored archive may hold more than pgbak puts into one',
    edits: [['if (others.length > 0 || globals.length > 1 || paths.length > 1 + globals.length)', 'if (false)']],
    tests: ['test/end-to-end/proof.test.ts'],
    only: 'a second dump in an archive',
  },
  {
    name: 'the next backup is due by the end of the last one',
    edits: [['runStartedAt: shared.startedAt', 'runStartedAt: clock.now()']],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'is due by',
  },
  {
    name: 'a prune that fails after a backup makes the backup fail',
    edits: [['warn(`cannot remove old backups', 'throw error; warn(`cannot remove old backups']],
    tests: ['test/end-to-end/backup-steps.test.ts'],
    only: 'prune that is interrupted',
  },
  {
    name: 'a second signal is ignored',
    edits: [['if (controller.signal.aborted) process.exit(', 'if (false) process.exit(']],
    tests: ['test/end-to-end/signals.test.ts'],
    only: 'a second signal',
  },
  {
    name: 'a backup counts as late only after twice the grace',
    edits: [['return HOUR_MS * Math.min(', 'return 2 * HOUR_MS * Math.min(']],
    tests: ['test/end-to-end/status.test.ts'],
    only: 'tells each server',
  },
  {
    name: '--at leaves out a backup that began at that very time',
    edits: [["'started_at', '<=', until.toISOString()", "'started_at', '<', until.toISOString()"]],
    tests: ['test/end-to-end/restore-options.test.ts'],
    only: 'that very time',
  },
  {
    name: 'psql reads the .psqlrc of the user',
    edits: [[`['-X', '-q', '-w'`, `['-q', '-w'`]],
    tests: ['test/postgres/session.test.ts'],
    only: 'psqlrc',
  },
  {
    name: 'PostgreSQL’s programs are not asked for messages in English',
    edits: [[`...inherited, LC_MESSAGES: 'C'`, '...inherited']],
    tests: ['test/postgres/session.test.ts'],
    only: 'in English',
  },
  {
    name: 'a percent sign stands bare in the crontab',
    edits: [[".replaceAll('%', String.raw`\\%`)", '']],
    tests: ['test/schedule/crontab.test.ts'],
  },
  {
    name: 'cli-table3 draws no table',
    edits: [['rowsOfLines.length > MOST_DRAWN_LINES ? padded : drawn', 'padded']],
    tests: ['test/terminal/table.test.ts'],
  },
];
