// What bin/run.js starts once it knows that this Node will do; bundled with oclif itself.
export { execute } from '@oclif/core/execute';
