import { confirm } from '@inquirer/prompts';
import type { ServerInput } from '../../server/server.ts';
import { encryptionSource } from '../../server/settings.ts';
import { promptContext } from '../../system/interruption.ts';
import { isReference } from '../../server/reference.ts';
import { askOptional, needed } from './ask-fields.ts';
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
    const again = await fieldPrompt({ message: 'The same again', isSecret: true, problemOf: needed });
    if (again === text) break;
    if (before === undefined) delete answers.archivePassword;
    else answers.archivePassword = before;
    process.stdout.write('  The two are not the same; once more.\n');
  }
  await offerToKeep(answers, asking);
}

/** Offers to keep the present archive password for the backups that were made with it, before another one replaces it. */
export async function offerToKeep(
  answers: ServerInput,
  { today, storedCount, environment }: Pick<Asking, 'today' | 'storedCount' | 'environment'>,
): Promise<void> {
  if (today === undefined || storedCount === 0 || encryptionSource(today, environment) === 'none') return;
  const present = today.archivePassword?.reveal() ?? 'env:ARCHIVE_PASSWORD';
  if (answers.archivePassword === undefined || answers.archivePassword === present) return;
  const kept = answers.earlierArchivePasswords ?? today.earlierArchivePasswords.map((one) => one.reveal());
  if (kept.includes(present)) return;
  const backups = storedCount === 1 ? '1 backup was' : `${storedCount} backups were`;
  const isKept = await confirm(
    {
      message: fitted(`${backups} made with the present password. Keep it for ${storedCount === 1 ? 'it' : 'them'}?`),
      default: true,
    },
    promptContext(),
  );
  if (isKept) answers.earlierArchivePasswords = [present, ...kept];
}
