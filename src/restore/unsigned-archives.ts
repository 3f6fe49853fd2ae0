import { quoted } from '../core/printable.ts';
import type { ServerRecord } from '../server/server.ts';
import type { RemoteArchive } from './remote-archives.ts';

/** Warns of archives of one server whose checksums are not signed with a password of that server: what it means, and what to do. */
export function unsignedWarning(archives: readonly RemoteArchive[], { name }: Pick<ServerRecord, 'name'>): string {
  const newest = archives.reduce((last, one) => (one.startedAt > last.startedAt ? one : last));
  const made = newest.startedAt.toISOString();
  const isOne = archives.length === 1;
  const what = isOne ? `1 archive of ${name}` : `${archives.length} archives of ${name}`;
  const [whose, they, were, them] = isOne
    ? ['has a checksum that is', 'It', 'was', 'it']
    : ['have checksums that are', 'They', 'were', 'them'];
  return [
    `${what} in ${newest.place} ${whose} not signed with the archive password of ${name} (${isOne ? '' : 'the newest '}made ${made}).`,
    `${they} ${were} made without a password or with another one, or someone else put ${them} there. pgbak takes the ${isOne ? 'checksum' : 'checksums'} as unknown.`,
    `To see whether the password opens ${them}: pgbak verify ${quoted(name)} --all`,
  ].join(' ');
}
