import { describe, test } from '@jest/globals';
import { cephEndpoint } from '../../ceph/variables.ts';
import { cephKinds } from './ceph.rig.ts';
import { keepsToTheContract } from './suite.ts';

const endpoint = cephEndpoint();
if (endpoint === undefined) {
  describe('Ceph as a storage', () => {
    test.skip('is tried by npm run test:ceph', () => {});
  });
} else {
  cephKinds(endpoint).forEach((kind) => keepsToTheContract(kind));
}
