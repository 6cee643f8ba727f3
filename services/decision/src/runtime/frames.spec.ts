import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, type Frame, FrameReader, FrameTooLong } from './frames.js';

const frame = fc.record({
  head: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  body: fc.uint8Array({ maxLength: 200 }),
});

describe('frames between the service and an engine', () => {
  it('arrive as they were sent, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (sent, size) => {
        const stream = Buffer.concat(sent.flatMap(encodeFrame));
        const reader = new FrameReader(1_000);
        const arrived: Frame[] = [];
        for (let at = 0; at < stream.length; at += size)
          arrived.push(...reader.push(stream.subarray(at, at + size)));
        expect(arrived.map(({ head, body }) => ({ head, body: [...body] }))).toEqual(
          sent.map(({ head, body }) => ({ head, body: [...body] })),
        );
      }),
      { seed: 4 },
    );
  });

  it('are refused by their length, before they have arrived', () => {
    const start = Buffer.concat(encodeFrame({ head: {}, body: new Uint8Array(100_000) })).subarray(0, 8);
    expect(() => new FrameReader(1_000).push(start)).toThrow(FrameTooLong);
  });

  it('are refused when the head is longer than the whole', () => {
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32BE(10, 0);
    prefix.writeUInt32BE(11, 4);
    expect(() => new FrameReader(1_000).push(prefix)).toThrow(FrameTooLong);
  });
});
