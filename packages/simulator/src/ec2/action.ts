import type { QueryReader } from '../aws/query-reader.js';
import type { XmlElement } from '../aws/xml.js';
import type { SimulatedRegion } from '../region/simulated-region.js';

/** One operation of the EC2 Query interface; the answer is the content of its `…Response` element. */
export type Ec2Action = (request: QueryReader, region: SimulatedRegion) => XmlElement;
