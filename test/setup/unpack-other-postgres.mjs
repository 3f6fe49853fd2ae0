// A process of its own, so that the dependencies can be compiled meanwhile. Its arguments are the words with which a
// command is run as root.
import { unpackOtherVersions } from './other-postgres.mjs';

unpackOtherVersions(process.argv.slice(2));
