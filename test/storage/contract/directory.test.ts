import { DIRECTORY } from './directory.rig.ts';
import { keepsToTheContract } from './suite.ts';

keepsToTheContract(DIRECTORY);
