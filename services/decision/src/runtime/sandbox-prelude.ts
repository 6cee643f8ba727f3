/**
 * Runs in the interpreter before the engine. Makes chance and time part of the observation, takes away what depends
 * on the collector, and keeps for itself the few functions that the host relies on: an engine may replace its own
 * globals as it likes, these are not reached through them.
 *
 * The value of the script is a function of (seed, at in ms, longest answer); it answers `call` and `explain`.
 */
export const SANDBOX_PRELUDE = `
(function () {
  'use strict';
  const { parse, stringify } = JSON;
  const text = String;
  const RealDate = Date;
  const construct = Reflect.construct;
  const { imul } = Math;
  const RealPromise = Promise;
  const isPromise = (value) => value instanceof RealPromise;
  const Failure = TypeError;
  return function (seed, atMs, maxLength) {
    let state = seed | 0;
    Math.random = function random() {
      state = (state + 0x6d2b79f5) | 0;
      let t = imul(state ^ (state >>> 15), 1 | state);
      t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    function FixedDate(...given) {
      if (new.target === undefined) return new RealDate(atMs).toString();
      return construct(RealDate, given.length === 0 ? [atMs] : given, new.target);
    }
    FixedDate.prototype = RealDate.prototype;
    FixedDate.prototype.constructor = FixedDate;
    FixedDate.now = () => atMs;
    FixedDate.parse = RealDate.parse;
    FixedDate.UTC = RealDate.UTC;
    globalThis.Date = FixedDate;
    for (const name of ['performance', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics'])
      delete globalThis[name];
    return {
      call(decide, observation) {
        const answer = decide(parse(observation));
        if (isPromise(answer)) throw new Failure('decide returned a promise; it must return its answer itself');
        const json = stringify(answer);
        if (typeof json !== 'string') throw new Failure('decide returned nothing that is JSON');
        if (json.length > maxLength) throw new Failure('the answer is longer than ' + maxLength + ' characters');
        return json;
      },
      explain(error) {
        try {
          const said = text(error);
          return said.length > 500 ? 'an error with a very long message' : said;
        } catch {
          return 'an error that cannot be shown';
        }
      },
    };
  };
})()
`;
