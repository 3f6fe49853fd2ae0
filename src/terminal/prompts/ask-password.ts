import { confirm } from '@inquirer/prompts';
import type { ServerInput } from '../../server/server.ts';
import { encryptionSource, ENVIRONMENT_PASSWORD } from '../../server/settings.ts';
import { promptContext } from '../../system/interruption.ts';
import { isReference } from '../../server/reference.ts';
import { anyOf, askField, askOptional, badField, needed } from './ask-fields.ts';
import type { Asking } from './asking.ts';
import { fitted } from './fitted.ts';
import { fieldPrompt } from './field-prompt.ts';

/** Asks for the archive password, a typed one twice: a mistyped one would be found out on the day of the restore. */
export async function askPassword(answers: ServerInput, asking: Asking): Promise<void> {
  for (;;) {
    const before = answers.archivePassword;
    if (!(await askOptional('archivePassword', 'none: NOT encrypted', answers, asking))) return;
    const { archivePassword: text = '' } = answers;
    if (text === '' || isReference(text)) break;
    if ((await typedAgain()) === text) break;
    if (before === undefined) delete answers.archivePassword;
    else answers.archivePassword = before;
    process.stdout.write(NOT_THE_SAME);
  }
  await offerToKeep(answers, asking);
}

const NOT_THE_SAME = '  The two are not the same; once more.\n';

async function typedAgain(): Promise<string> {
  return await fieldPrompt({ message: 'The same again', isSecret: true, problemOf: needed });
}

/** Asks for a new archive password, twice where it is typed. */
export async function askTwice(): Promise<string> {
  for (;;) {
    const text = await askField('archivePassword', { problemOf: anyOf(needed, badField('archivePassword')) });
    if (isReference(text) || (await typedAgain()) === text) return text;
    process.stdout.write(NOT_THE_SAME);
  }
}

/** Asks for one earlier archive password. */
export async function askEarlierPassword(): Promise<string> {
  return await askField('earlierArchivePasswords', {
    message: 'Earlier archive password',
    problemOf: anyOf(needed, badField('archivePassword')),
  });
}

/** Offers to keep the present archive password for the backups that were made with it, before another one replaces it. */
export async function offerToKeep(
  answers: ServerInput,
  { today, storedCount, environment }: Pick<Asking, 'today' | 'storedCount' | 'environment'>,
): Promise<void> {
  if (today === undefined || storedCount === 0 || encryptionSource(today, environment) === 'none') return;
  const present = today.archivePassword?.reveal() ?? ENVIRONMENT_PASSWORD;
  if (answers.archivePassword === undefined || answers.archivePassword === present) return;
  const kept = answers.earlierArchivePasswords ?? today.earlierArchivePasswords.map((one) => one.reveal());
  if (kept.includes(present)) return;
  const isKept = await confirm(
    {
      message: fitted('Keep the present password, to open the backups that were made with it?'),
      default: true,
    },
    promptContext(),
  );
  if (isKept) answers.earlierArchivePasswords = [present, ...kept];
}
