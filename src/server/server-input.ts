import { CHECK, pingUrlsBelow } from './ping-urls.ts';
import { forEachField, type ServerInput } from './server.ts';

/** What flags, or the fields of a form, say of a server; one that was not given is absent. */
export function serverInputFrom(flags: Readonly<Record<string, unknown>>): ServerInput {
  const base = flags[CHECK.flag];
  const input: ServerInput = typeof base === 'string' ? pingUrlsBelow(base) : {};
  forEachField((name, { flag, inputOf }) => {
    const given = inputOf(flags[flag]);
    if (given !== undefined) input[name] = given;
  });
  return input;
}
