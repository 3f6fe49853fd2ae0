import { B2 } from './b2.rig.ts';
import { keepsToTheContract } from './suite.ts';

keepsToTheContract(B2);
