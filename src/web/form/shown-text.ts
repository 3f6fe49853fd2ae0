import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '../../core/secret.ts';
import {
  FIELDS,
  perField,
  SERVER_DEFAULTS,
  type FieldName,
  type ServerFields,
  type ServerRecord,
} from '../../server/server.ts';

/** What an input shows of a server: the text in it, or `on` for a box that is checked. */
export function shownText(name: FieldName, server: ServerRecord | undefined): string {
  const { kind, inputOf } = FIELDS[name];
  if (isUnreadable(name, server)) return '';
  const fields: Partial<ServerFields> = server ?? SERVER_DEFAULTS;
  const value = fields[name];
  // A box and a choice show what applies; other inputs are empty where a new server has its default.
  if (kind === 'switch') return value === inputOf(true) ? 'on' : '';
  if (value === undefined || value instanceof Secret || (server === undefined && kind !== 'choice')) return '';
  return typeof value === 'object' ? value.filter((one) => typeof one === 'string').join('\n') : String(value);
}

/** Whether the record holds something that cannot be read, so that the user has to give it anew. */
export function isUnreadable(name: FieldName, server: ServerRecord | undefined): boolean {
  return server?.unreadable?.some(({ column }) => column === FIELDS[name].column) ?? false;
}

const key = randomBytes(32);

/** Changes with each setting of a server, and tells nothing of it. By it a form finds that a server was changed elsewhere. */
export function fingerprint(server: ServerFields): string {
  const cells = perField<object>((name, { toCell }) => [name, toCell(server[name])]);
  return createHmac('sha256', key).update(JSON.stringify(cells)).digest('base64url').slice(0, 22);
}

/** Whether a field of a server is not what a new one would have, so that a person wants to see it. */
export function isUnusual(name: FieldName, server: ServerFields): boolean {
  const usual: Partial<ServerFields> = SERVER_DEFAULTS;
  return 'default' in FIELDS[name] && JSON.stringify(usual[name]) !== JSON.stringify(server[name]);
}
