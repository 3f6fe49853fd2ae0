import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { SETTINGS_OF } from '../server/destination-form.ts';
import { DESTINATION_FIELD_NAMES, OF_DESTINATION, type DestinationFieldName } from '../server/destination-record.ts';
import { RULE_NAMES } from '../server/retention-rules.ts';
import { BASICS_OF_DESTINATION } from '../server/flag-groups.ts';
import { flagFor } from './field-flag.ts';

const USABLE = new Set<string>([...Object.values(SETTINGS_OF).flat(), ...RULE_NAMES]);

function flagsOf(names: readonly DestinationFieldName[]) {
  return Object.fromEntries(names.map((name) => [OF_DESTINATION[name].flag, flagFor(OF_DESTINATION[name])] as const));
}

/** The flags of the settings of a destination, one for each field that some kind of storage has a use for. */
export const settingFlags = flagsOf(DESTINATION_FIELD_NAMES.filter((name) => USABLE.has(name)));

/** What `edit` can change besides: `add` takes these two as arguments. */
export const basicFlags = flagsOf(['name', 'place']);

/** Whether a destination is tried before it is stored. */
export const storeFlags = {
  'no-check': Flags.boolean({ description: 'store it without trying it', helpGroup: BASICS_OF_DESTINATION }),
  'create-destination': Flags.boolean({
    description: 'make its directory; where one is there already, take it as the right one',
    helpGroup: BASICS_OF_DESTINATION,
  }),
};

/** oclif would wait for a missing argument at standard input. */
export const oneDestination = {
  destination: Args.string({ description: 'name of a destination', ignoreStdin: true }),
};
