import * as Args from '@oclif/core/args';

/** oclif would wait for a missing argument at standard input, and take what a script left there for a server. */
const NOT_FROM_STDIN = { ignoreStdin: true } as const;

/** The argument of a command that works on one server. */
export const oneServer = { server: Args.string({ description: 'name or id of a server', ...NOT_FROM_STDIN }) };

/** The argument of a command that works on several servers, or on all of them. */
export const anyServers = {
  server: Args.string({
    description: 'names or ids of servers; all when left out',
    multiple: true,
    ...NOT_FROM_STDIN,
  }),
};
