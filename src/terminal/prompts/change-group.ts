import { confirm, select } from '@inquirer/prompts';
import { FORMATS } from '../../core/archive-format.ts';
import type { GroupName } from '../../server/setting-groups.ts';
import type { ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { askConnection } from './ask-connection.ts';
import { askCompression } from './ask-compression.ts';
import { askField, badField, CLEARS } from './ask-fields.ts';
import type { Asking } from './asking.ts';
import { askPassword } from './ask-password.ts';
import { askRetention } from './ask-retention.ts';
import { askFrequency, askName } from './ask-name.ts';
import { askArchiveName, askStorage } from './ask-storage.ts';
import { askList, askWhole, type ListName } from './ask-values.ts';
import { fitted, fittedLines } from './fitted.ts';
import { keepsReferences } from './try-references.ts';
import { changePings } from './ask-pings.ts';

/** Asks for the settings of one line of the page anew. */
export async function changeGroup(group: GroupName, answers: ServerInput, asking: Asking): Promise<void> {
  switch (group) {
    case 'connection':
      return await askConnection(answers, asking);
    case 'databases':
      return await askDatabases(answers, asking);
    case 'name':
      return await askName(answers, asking);
    case 'storage':
      return await askStorage(answers, asking);
    case 'archiveName':
      return await askArchiveName(answers, true, asking);
    case 'frequency':
      return await askFrequency(answers, asking);
    case 'encryption':
      return await askPassword(answers, asking);
    case 'earlier':
      return await askEarlier(answers, asking);
    case 'pings':
      return await changePings(answers, asking);
    case 'format':
      return await askFormat(answers, asking);
    case 'compression':
      return await askCompression(answers, asking);
    case 'leftOut':
      return await askLeftOut(answers, asking);
    case 'globals':
      answers.includeGlobals = await yes(
        'Archive roles and settings as well?',
        asking.fieldsOf(answers).includeGlobals,
      );
      return;
    case 'verification':
      return await askVerification(answers, asking);
    case 'retention':
      return await askRetention(answers, asking);
    case 'sizes':
      return await askSizes(answers, asking);
    case 'limits':
      for (const name of ['lockWaitSeconds', 'idleTimeoutSeconds'] as const) await askWhole(name, answers, asking);
  }
}

async function yes(message: string, isDefault: boolean): Promise<boolean> {
  return await confirm({ message: fitted(message), default: isDefault }, promptContext());
}

async function askEarlier(answers: ServerInput, asking: Asking): Promise<void> {
  const { today } = asking;
  const kept = answers.earlierArchivePasswords ?? today?.earlierArchivePasswords.map((one) => one.reveal()) ?? [];
  let text = '';
  do {
    text = await askOneEarlier(kept, text);
  } while (text !== '' && text !== CLEARS && !(await keepsReferences({ earlierArchivePasswords: [text] }, asking)));
  if (text === CLEARS) answers.earlierArchivePasswords = [''];
  else if (text !== '') answers.earlierArchivePasswords = [text, ...kept.filter((one) => one !== '')];
}

async function askOneEarlier(kept: readonly string[], prefill: string): Promise<string> {
  return await askField('earlierArchivePasswords', {
    prefill,
    emptyMeans: kept.length === 0 ? 'none' : `Enter keeps the ${kept.length} that are set, ${CLEARS} removes them`,
    problemOf: (typed) => (typed === CLEARS && kept.length > 0 ? undefined : badField('archivePassword')(typed)),
  });
}

const FORMAT_TEXTS = {
  sql: 'A script for psql, which can be read and edited.',
  binary: 'For pg_restore, which can restore single tables, and several at once.',
  directory: 'As binary, dumped by several connections at once. It needs temporary disk for all of the dump.',
} as const;

async function askFormat(answers: ServerInput, asking: Asking): Promise<void> {
  answers.format = await select(
    {
      message: 'Format of the dump',
      choices: FORMATS.map((value) => ({
        value,
        description: fittedLines(FORMAT_TEXTS[value]),
      })),
      default: asking.fieldsOf(answers).format,
    },
    promptContext(),
  );
  if (answers.format === 'directory') await askWhole('dumpJobs', answers, asking);
}

async function askDatabases(answers: ServerInput, asking: Asking): Promise<void> {
  const { today, fieldsOf } = asking;
  // What a server is cannot be changed once it has backups.
  if (today === undefined)
    answers.allDatabases = await yes('Back up every database of the cluster?', fieldsOf(answers).allDatabases);
  if (!fieldsOf(answers).allDatabases) return;
  for (const name of ['includeDatabases', 'excludeDatabases'] as const) await askList(name, answers, asking);
}

async function askLeftOut(answers: ServerInput, asking: Asking): Promise<void> {
  const lists: readonly ListName[] = ['excludeTables', 'excludeTableData', 'excludeSchemas'];
  for (const name of lists) await askList(name, answers, asking);
  answers.noLargeObjects = !(await yes('Dump large objects?', !asking.fieldsOf(answers).noLargeObjects));
}

async function askVerification(answers: ServerInput, { fieldsOf }: Asking): Promise<void> {
  const { verifyAfter, countRows } = fieldsOf(answers);
  answers.verifyAfter = await select(
    {
      message: 'Verify each backup before it counts',
      choices: [
        { value: 'none' as const, name: 'no', description: fittedLines('pgbak verify does it when it is started.') },
        {
          value: 'archive' as const,
          name: 'read its archive',
          description: fittedLines('Fetches and reads each archive to its end.'),
        },
        {
          value: 'restore' as const,
          name: 'restore it',
          description: fittedLines('Restores each into a throwaway database. Takes longest.'),
        },
      ],
      default: verifyAfter,
    },
    promptContext(),
  );
  answers.countRows = await yes('Count the rows of every table, for verify to compare?', countRows);
}

async function askSizes(answers: ServerInput, asking: Asking): Promise<void> {
  for (const name of ['minSizeBytes', 'sizeTolerancePercent'] as const) await askWhole(name, answers, asking);
  answers.onSizeChange = await select(
    {
      message: 'When the size changes more than that',
      choices: [
        { value: 'alert' as const, name: 'warn, and store the backup' },
        { value: 'reject' as const, name: 'fail, and store nothing' },
      ],
      default: asking.fieldsOf(answers).onSizeChange,
    },
    promptContext(),
  );
}
