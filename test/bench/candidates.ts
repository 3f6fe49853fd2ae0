import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { PGBAK, type Account } from '../support/pgbak.ts';
import { installedSevenZip } from '../support/seven-zip.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is compared. */
export interface Candidate {
  name: string;
  command: (url: string, database: string) => string;
  /** The archive that it leaves; pgbak itself says how large its own was. */
  file?: string;
  /** It takes so long that the first round is enough of it. */
  isOnlyOnce?: boolean;
}

export const PLAIN_DUMP = 'pg_dump > /dev/null';
export const EARLIER = 'the earlier program';
export const COMPRESSIONS = ['lzma2:1', 'lzma2:6', 'zstd:3', 'zstd:1', 'ppmd', 'none'];
const SLOW = ['lzma2:6'];

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');

/** A bare dump; the earlier program and pg_dump's own format, each with its upload behind it; pgbak with each compression. */
export async function candidatesFor({ folder }: Account, compressions: readonly string[]): Promise<Candidate[]> {
  const archive = folder.at('tmp', 'other.7z');
  const { file: sevenZip } = await installedSevenZip();
  const upload = await uploadCommand(archive);
  const flags = '-si -psecret -mhe=on -md=1m -ms=off -mx=1 -mm=LZMA2 -mmt=1';
  return [
    { name: PLAIN_DUMP, command: (from) => `pg_dump '${from}' > /dev/null` },
    {
      name: EARLIER,
      command: (from) =>
        `pg_dump -v '${from}' 2> /dev/null | '${sevenZip}' a ${flags} '${archive}' > /dev/null && ${upload}`,
      file: archive,
    },
    {
      name: 'pg_dump -Fc',
      command: (from) => `pg_dump -Fc '${from}' > '${archive}' && ${upload}`,
      file: archive,
    },
    ...compressions.map((compression) => pgbak(compression)),
  ];
}

export function pgbak(compression: string): Candidate {
  const run = ['run', '--force', '--quiet', '--compression', compression];
  return {
    name: `pgbak ${compression}`,
    isOnlyOnce: SLOW.includes(compression),
    command: (_url, database) => quoted([process.execPath, PGBAK, ...run, '--server', database]),
  };
}

/** Uploads a finished archive. Bundled as pgbak is, so that nobody waits for a compiler. */
export async function uploadCommand(archive: string): Promise<string> {
  const uploader = `${ROOT}/dist/bench/upload.js`;
  await build({
    entryPoints: [`${ROOT}/test/bench/upload.ts`],
    outfile: uploader,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.17',
    packages: 'external',
  });
  return quoted([process.execPath, uploader, archive]);
}
