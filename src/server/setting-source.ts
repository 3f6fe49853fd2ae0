import { Secret } from '../core/secret.ts';
import { shownValue } from './changes.ts';
import type { Environment } from './environment.ts';
import { isReference } from './reference.ts';
import { FIELDS, SERVER_DEFAULTS, type FieldName, type ServerFields } from './server.ts';

/** What applies for a field of a server, and where it comes from. Of secrets only references are told. */
export interface AppliedSetting {
  text: string;
  isSet: boolean;
  /** `its own` record, the `default`, or the name of an environment variable. */
  source: string;
}

export function appliedSetting(name: FieldName, server: ServerFields, environment: Environment): AppliedSetting {
  const value = server[name];
  const { variable, isSecret = false } = FIELDS[name];
  const fromVariable = variable === undefined ? undefined : environment.variable(variable);
  if (value === undefined && variable !== undefined && fromVariable !== undefined) {
    return { text: isSecret ? 'set' : fromVariable, isSet: true, source: variable };
  }
  const defaults: Partial<ServerFields> = SERVER_DEFAULTS;
  const isDefault = JSON.stringify(defaults[name]) === JSON.stringify(value);
  const source = value === undefined || ('default' in FIELDS[name] && isDefault) ? 'default' : 'its own';
  const isSet = value !== undefined && !(Array.isArray(value) && value.length === 0);
  return { text: isSet ? textOf(name, value) : isSecret ? 'not set' : 'none', isSet, source };
}

function textOf(name: FieldName, value: ServerFields[FieldName]): string {
  if (value instanceof Secret) return isReference(value.reveal()) ? value.reveal() : 'set';
  return shownValue(name, value);
}
