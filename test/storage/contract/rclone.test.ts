import { RCLONE } from './rclone.rig.ts';
import { keepsToTheContract } from './suite.ts';

keepsToTheContract(RCLONE);
