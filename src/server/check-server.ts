import { brokenReferences } from './check-references.ts';
import type { Environment } from './environment.ts';
import {
  changed,
  checkInput,
  clashOf,
  completed,
  keepingEarlier,
  type FieldProblem,
  type WholeServer,
} from './server-form.ts';
import { compressionProblem } from './settings.ts';
import {
  unmendedProblems,
  type ServerChanges,
  type ServerFields,
  type ServerInput,
  type ServerRecord,
} from './server.ts';

interface Against {
  /** The server that is edited. */
  today: ServerRecord | undefined;
  /** All other servers. */
  others: readonly ServerRecord[];
  environment: Environment;
  /** Whether references must lead somewhere now. */
  isChecked: boolean;
}

/** A server as a user gave it, looked at from all sides. */
export interface CheckedServer {
  changes: ServerChanges;
  /** Undefined where what is wrong leaves no whole server. */
  fields: ServerFields | undefined;
  /** At most one for each field, in the order of the checks. */
  problems: FieldProblem[];
}

/** Checks all that can be known without trying it: everything that is wrong, by field. */
export function checkServer(given: ServerInput, { today, others, environment, isChecked }: Against): CheckedServer {
  const input = today === undefined ? given : keepingEarlier(given, today);
  const { changes, problems } = checkInput(input);
  const { fields, wrong } = wholeServer(changes, today, environment);
  const compression = fields === undefined ? undefined : compressionProblem(changes, fields.format);
  const clash = fields === undefined ? undefined : clashOf(fields, others, environment);
  const all = [
    ...problems,
    ...(today === undefined ? [] : unmendedProblems(today, changes)),
    ...(wrong === undefined ? [] : [wrong]),
    ...(compression === undefined ? [] : [{ name: 'compression', problem: compression } as const]),
    ...(clash === undefined ? [] : [clash]),
    ...(isChecked ? brokenReferences(changes, environment) : []),
  ];
  return {
    changes,
    fields,
    problems: all.filter(({ name }, index) => all.findIndex((one) => one.name === name) === index),
  };
}

function wholeServer(changes: ServerChanges, today: ServerRecord | undefined, environment: Environment): WholeServer {
  return today === undefined ? completed(changes, environment) : changed(today, changes);
}
