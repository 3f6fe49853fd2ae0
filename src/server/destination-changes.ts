import { Secret } from '../core/secret.ts';
import { valueInWords, type SettingChange } from './changes.ts';
import {
  DESTINATION_FIELD_NAMES,
  OF_DESTINATION,
  type DestinationFieldName,
  type DestinationFields,
} from './destination-record.ts';
import { DESTINATION_WORDS } from './destination-words.ts';

function isChanged(name: DestinationFieldName, today: DestinationFields, fields: DestinationFields): boolean {
  const [before, after] = [today[name], fields[name]].map((value) =>
    value instanceof Secret ? value.reveal() : value,
  );
  return before !== after;
}

/** What an edit changed, for programs. Of a secret only what happened to it. */
export function destinationChanges(today: DestinationFields, fields: DestinationFields): SettingChange[] {
  return DESTINATION_FIELD_NAMES.filter((name) => isChanged(name, today, fields)).map((name) => ({
    name: OF_DESTINATION[name].flag,
    change: today[name] === undefined ? 'set' : fields[name] === undefined ? 'removed' : 'changed',
    from: publicValue(today[name]),
    to: publicValue(fields[name]),
  }));
}

/** The same for people, a line each: `offsite: bandwidth 10M -> 20M`. */
export function destinationChangeLines(today: DestinationFields, fields: DestinationFields): string[] {
  return DESTINATION_FIELD_NAMES.filter((name) => isChanged(name, today, fields)).map((name) => {
    const { label } = DESTINATION_WORDS[name];
    const [from, to] = [today[name], fields[name]];
    if (from instanceof Secret || to instanceof Secret) {
      return `${fields.name}: ${label} ${from === undefined ? 'set' : to === undefined ? 'removed' : 'changed'}`;
    }
    return `${fields.name}: ${label} ${valueInWords(from)} -> ${valueInWords(to)}`;
  });
}

function publicValue(value: DestinationFields[DestinationFieldName]): string | number | boolean | null {
  return value === undefined || value instanceof Secret ? null : value;
}
