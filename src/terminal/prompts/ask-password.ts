import { confirm } from '@inquirer/prompts';
import type { ServerInput } from '../../server/server.ts';
import { KEEP_IT_ELSEWHERE, keepingPresent } from '../../server/password-to-keep.ts';
import { promptContext } from '../../system/interruption.ts';
import { isReference } from '../../server/reference.ts';
import { anyOf, askField, askOptional, badField, needed } from './ask-fields.ts';
import type { Asking } from './asking.ts';
import { fitted, fittedLines } from './fitted.ts';
import { fieldPrompt } from './field-prompt.ts';

/** Asks for the archive password, a typed one twice: a mistyped one would be found out on the day of the restore. */
export async function askPassword(answers: ServerInput, asking: Asking): Promise<void> {
  for (;;) {
    const before = answers.archivePassword;
    if (!(await askOptional('archivePassword', 'none: NOT encrypted', answers, asking))) return;
    const { archivePassword: text = '' } = answers;
    if (text === '' || isReference(text)) break;
    if (await isTypedAgain(text)) break;
    if (before === undefined) delete answers.archivePassword;
    else answers.archivePassword = before;
  }
  await offerToKeep(answers, asking);
}

/** Lets a person type a new password a second time, and says whether it is the same, and what to do with it. */
async function isTypedAgain(text: string): Promise<boolean> {
  const again = await fieldPrompt({ message: 'Archive password, once more', isSecret: true, problemOf: needed });
  const isSame = again === text;
  const said = isSame ? KEEP_IT_ELSEWHERE : 'The two passwords are not the same. Type it anew.';
  process.stdout.write(`${fittedLines(`  ${said}`)}\n`);
  return isSame;
}

/** Asks for a new archive password, twice where it is typed. */
export async function askTwice(): Promise<string> {
  for (;;) {
    const text = await askField('archivePassword', { problemOf: anyOf(needed, badField('archivePassword')) });
    if (isReference(text) || (await isTypedAgain(text))) return text;
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
  const kept = keepingPresent(answers, { today, storedCount, environment });
  if (kept === undefined) return;
  const isKept = await confirm(
    {
      message: fitted('Keep the present password, to open the backups that were made with it?'),
      default: true,
    },
    promptContext(),
  );
  if (isKept) answers.earlierArchivePasswords = kept;
}
