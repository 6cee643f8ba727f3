import { toXml } from '../aws/xml.js';
import type { SimulatedRegion } from '../region/simulated-region.js';

export const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
export const STS_VERSION = '2011-06-15';

/** Every caller is the same user: signatures are accepted without a look. */
export function getCallerIdentity(region: SimulatedRegion, requestId: string): string {
  region.faults.beforeActing('GetCallerIdentity');
  return toXml('GetCallerIdentityResponse', STS_NAMESPACE, {
    GetCallerIdentityResult: {
      Arn: `arn:aws:iam::${region.account}:user/simulator`,
      UserId: 'AIDASIMULATEDUSER0000',
      Account: region.account,
    },
    ResponseMetadata: { RequestId: requestId },
  });
}
