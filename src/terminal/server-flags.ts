import * as Flags from '@oclif/core/flags';
import { CHECK } from '../server/ping-urls.ts';
import { FIELDS, FIELD_NAMES } from '../server/server.ts';
import { flagFor } from './field-flag.ts';

const checkFlag = Flags.string({
  description: CHECK.help,
  helpGroup: CHECK.helpGroup,
  helpValue: CHECK.helpValue,
});

/** The flags that describe a server, one for each field. Values are checked later, all together. */
export const serverFlags = Object.fromEntries(
  FIELD_NAMES.flatMap((name) => [
    ...(name === 'hcUrlStart' ? [[CHECK.flag, checkFlag] as const] : []),
    [FIELDS[name].flag, flagFor(FIELDS[name])] as const,
  ]),
);
