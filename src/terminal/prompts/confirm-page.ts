import { select, Separator } from '@inquirer/prompts';
import { ConfigError } from '../../core/errors.ts';
import { printableName } from '../../core/printable.ts';
import { SETTING_GROUPS, type GroupName, type SettingGroup } from '../../server/setting-groups.ts';
import { changedFields } from '../../server/changes.ts';
import type { ServerFields, ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { changeGroup } from './change-group.ts';
import type { Asking } from './asking.ts';
import { fittedChoice } from './fitted.ts';
import { tryIt } from './try-it.ts';

const GROUP_NAMES: readonly GroupName[] = Object.keys(SETTING_GROUPS).filter((name) => isGroup(name));

function isGroup(name: string): name is GroupName {
  return Object.hasOwn(SETTING_GROUPS, name);
}

const TITLE_WIDTH = 2 + Math.max(...GROUP_NAMES.map((name) => SETTING_GROUPS[name].title.length));

/**
 * Shows what will be done, every setting with its value or default, until the person stores it. Each can be chosen and
 * changed. Ctrl-c and "store nothing" leave everything as it is.
 */
export async function confirmPage(answers: ServerInput, asking: Asking): Promise<void> {
  const { today, fieldsOf, tryPrograms, signal } = asking;
  let active: GroupName | 'store' | 'cancel' = today === undefined ? 'store' : 'connection';
  for (;;) {
    const fields = fieldsOf(answers);
    active = await choose(fields, active, asking);
    if (active === 'cancel') throw new ConfigError(today === undefined ? 'nothing was stored' : 'nothing was changed');
    if (active !== 'store') {
      // What a flag said can be changed here as well.
      await changeGroup(active, answers, { ...asking, given: {} });
      active = 'store';
      continue;
    }
    const needed = today === undefined ? ['compression', 'verifyAfter'] : changedFields(today, fields);
    const isTried = needed.includes('compression') || needed.includes('verifyAfter');
    const attempt = tryPrograms === undefined || !isTried ? undefined : () => tryPrograms(fields);
    if ((await tryIt('Looking for the programs', attempt, signal)) === undefined) return;
    active = 'compression';
  }
}

async function choose(
  fields: ServerFields,
  active: GroupName | 'store' | 'cancel',
  { today, environment }: Asking,
): Promise<GroupName | 'store' | 'cancel'> {
  const line = (name: GroupName) => {
    const { title, textOf }: SettingGroup = SETTING_GROUPS[name];
    return fittedChoice(`${title.padEnd(TITLE_WIDTH)}${printableName(textOf(fields, environment))}`);
  };
  const isNew = today === undefined;
  const server = printableName(isNew ? fields.name : today.name);
  return await select<GroupName | 'store' | 'cancel'>(
    {
      message: isNew ? `What will be done for ${server}` : `Settings of ${server}`,
      // The answered page is one line that says what was chosen.
      theme: { style: { message: (message: string, status: string) => (status === 'done' ? '' : message) } },
      choices: [
        {
          name: isNew ? 'Add it' : 'Save these settings',
          value: 'store',
          short: isNew ? `Add ${server}` : `Save the settings of ${server}`,
        },
        { name: isNew ? 'Cancel: store nothing' : 'Cancel: change nothing', value: 'cancel', short: 'Cancel' },
        new Separator(' or change:'),
        ...GROUP_NAMES.filter((name) => name !== 'compression' || fields.format !== 'directory').map((name) => ({
          name: line(name),
          value: name,
          short: `Change: ${SETTING_GROUPS[name].title}`,
        })),
      ],
      default: active,
      loop: false,
      pageSize: Math.max((process.stdout.rows || 24) - 4, 8),
    },
    promptContext(),
  );
}
