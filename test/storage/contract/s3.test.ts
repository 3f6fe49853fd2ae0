import { S3_WITH_VERSIONS, S3_WITHOUT_VERSIONS } from './s3.rig.ts';
import { keepsToTheContract } from './suite.ts';

keepsToTheContract(S3_WITH_VERSIONS);
keepsToTheContract(S3_WITHOUT_VERSIONS);
