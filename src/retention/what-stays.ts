import type { Catalog } from '../catalog/open-catalog.ts';
import { grouped } from '../core/group-by.ts';
import { quoted } from '../core/printable.ts';
import { isReference } from '../server/reference.ts';
import type { ServerRecord } from '../server/server.ts';
import { parsePlace, whereNext } from '../storage/place.ts';

/** Archives of a server with one name in one place. */
export interface StayingArchives {
  /** `b2:BUCKET` or `file:/dir`; null for those of the earlier program, which did not record it. */
  place: string | null;
  objectName: string | null;
  count: number;
}

/** The archives that stay in storage when a server is deleted. */
export async function archivesOf({ id }: ServerRecord, catalog: Catalog): Promise<StayingArchives[]> {
  const backups = await catalog.backups.archives(id);
  const groups = grouped(backups, ({ place, objectName }) => `${place ?? ''}\n${objectName ?? ''}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{ place: first.place ?? null, objectName: first.objectName ?? null, count: group.length }];
  });
}

/** `Its 12 archives stay: /srv/backups/shop.<time>.sql.7z`. */
export function stayingInWords(archives: readonly StayingArchives[]): string {
  const total = archives.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return 'It has no archives in storage.';
  const wheres = archives.map(({ place, objectName, count }) => {
    const where = place === null ? 'where the earlier program put them' : whereNext(place, objectName ?? '');
    return archives.length === 1 ? where : `${where} (${count})`;
  });
  return `Its ${total === 1 ? 'archive stays' : `${total} archives stay`}: ${wheres.join(', ')}`;
}

/** What else goes with a server: the only copy of a password, perhaps. */
export function lostPasswords(
  { archivePassword, earlierArchivePasswords }: ServerRecord,
  archives: readonly StayingArchives[],
): string[] {
  const passwords = [archivePassword, ...earlierArchivePasswords].filter((one) => one !== undefined);
  const isKept = archives.length > 0 && passwords.some((one) => !isReference(one.reveal()));
  return isKept ? ['pgbak forgets its archive password: without it no encrypted archive can be opened'] : [];
}

/** What a deletion leaves and loses, in a sentence or two. */
export function effectOfDeletion(server: ServerRecord, archives: readonly StayingArchives[]): string {
  return [stayingInWords(archives), ...lostPasswords(server, archives)].join('. ');
}

/** Deletes a server, and tells what to know afterwards, line by line. */
export async function deleteServer(
  server: ServerRecord,
  archives: readonly StayingArchives[],
  catalog: Pick<Catalog, 'servers'>,
): Promise<{ told: string; commands: string[]; history: string }> {
  await catalog.servers.remove(server.id);
  return {
    told: `Deleted ${server.name}. ${effectOfDeletion(server, archives)}`,
    commands: afterDeletion(archives),
    history: `Its history stays${archives.length === 0 ? '' : ' too'}: pgbak logs`,
  };
}

/** How to take archives of a deleted server back, or remove them: a line for each command. */
export function afterDeletion(archives: readonly StayingArchives[]): string[] {
  const places = new Set(archives.flatMap(({ place }) => place ?? []));
  return [
    ...[...places].map((place) => `To take them back: pgbak catalog rebuild --from ${quoted(place)}`),
    ...archives.flatMap(({ place, objectName }) =>
      place === null || objectName === null
        ? []
        : removalOf(place, objectName).map((command) => `To remove them for good: ${command}`),
    ),
  ];
}

/** The time stamp as a pattern of a shell, so that the archives of `shop.eu` do not go with those of `shop`. */
const STAMP = '????????T??????Z';

/** None for S3, whose programs remove no versions by a pattern. */
function removalOf(place: string, objectName: string): string[] {
  const { kind } = parsePlace(place);
  const [before = '', behind = ''] = whereNext(place, objectName).split('.<time>');
  switch (kind) {
    case 'b2':
      return [`b2 rm --versions ${quoted(`b2://${place.slice('b2:'.length)}/${objectName}`)}`];
    case 'directory':
      return [`rm ${quoted(before)}.${STAMP}*${quoted(behind)}*`];
    case 'rclone':
      return [
        `rclone delete ${quoted(place.slice('rclone:'.length))} --include ${quoted(`${objectName.replace(behind, '')}.${STAMP}*${behind}*`)}`,
      ];
    case 's3':
      return [];
  }
}
