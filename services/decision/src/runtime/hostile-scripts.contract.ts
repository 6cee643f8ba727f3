/** What becomes of a hostile script: the codes of the failures that are right for it, or an answer that does no harm. */
export type Fate =
  | 'engine-timeout'
  | 'engine-out-of-memory'
  | 'engine-failed'
  | 'engine-invalid-proposal'
  | 'engine-crashed'
  | 'contained';

export interface HostileScript {
  readonly name: string;
  readonly source: string;
  readonly fates: readonly Fate[];
}

const HEAD = "export const name = 'hostile'; export const version = '1';\n";
const STAY = "{ action: 'stay', reason: 'quiet', confidence: 1 }";

const inDecide = (name: string, body: string, ...fates: Fate[]): HostileScript => ({
  name,
  source: `${HEAD}export function decide(observation) { ${body} }`,
  fates,
});
const outside = (name: string, code: string, ...fates: Fate[]): HostileScript => ({
  name,
  source: `${HEAD}${code}\nexport function decide() { return ${STAY}; }`,
  fates,
});
const answering = (name: string, answer: string, ...fates: Fate[]): HostileScript =>
  inDecide(name, `return ${answer};`, ...(fates.length > 0 ? fates : ['engine-invalid-proposal' as const]));

const TIME = ['engine-timeout'] as const;
/** Which of the two limits is hit first depends on how fast the machine is. */
const SPACE = ['engine-out-of-memory', 'engine-timeout', 'engine-failed'] as const;
const FAILED = ['engine-failed'] as const;

const LOOPS: readonly HostileScript[] = [
  inDecide('endless loop', 'while (true) {}', ...TIME),
  inDecide('endless recursion', 'const f = () => f() + 1; return f();', ...FAILED),
  inDecide(
    'endless recursion that is caught',
    'const f = () => { try { f(); } catch { f(); } }; f(); while (1) f();',
    ...TIME,
  ),
  inDecide('loop that catches its interruption', 'for (;;) { try { for (;;) {} } catch {} }', ...TIME),
  inDecide('loop in finally', 'try { for (;;) {} } finally { for (;;) {} }', ...TIME),
  inDecide('regular expression that backtracks', "return /^(a+)+$/.test('a'.repeat(40) + 'b');", ...TIME),
  inDecide(
    'regular expression with nested groups',
    "return /(.*)*(.*)*(.*)*x$/.exec('y'.repeat(5000));",
    ...TIME,
    ...FAILED,
  ),
  inDecide('long search in a long text', "return 'a'.repeat(4e6).indexOf('a'.repeat(2e6) + 'b');", ...TIME),
  inDecide(
    'sort of many',
    'for (;;) Array.from({ length: 3e5 }, (_, i) => (i * 7919) % 1e6).sort();',
    ...TIME,
    ...SPACE,
  ),
  inDecide('generator without end', 'for (const _ of (function* () { for (;;) yield 1; })()) {}', ...TIME),
  inDecide(
    'iterator without end',
    'return [...{ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) }];',
    ...SPACE,
  ),
  inDecide(
    'getter without end',
    `return { get action() { for (;;) {} }, reason: 'x', confidence: 1 };`,
    ...TIME,
  ),
  inDecide('toJSON without end', 'return { toJSON() { for (;;) {} } };', ...TIME),
  inDecide('proxy without end', 'return new Proxy({}, { ownKeys() { for (;;) {} } });', ...TIME),
  inDecide('huge power', 'let x = 3n; for (;;) x = x ** 999n;', ...TIME, ...SPACE),
  inDecide(
    'microtasks that follow each other',
    `const f = () => Promise.resolve().then(f); f(); return ${STAY};`,
    'contained',
  ),
  outside('endless loop while it is loaded', 'while (true) {}', ...TIME),
];

const MEMORY: readonly HostileScript[] = [
  inDecide('arrays of arrays', 'const all = []; for (;;) all.push(new Array(1e5).fill(all));', ...SPACE),
  inDecide('text that doubles', "let text = 'x'; for (;;) text += text;", ...SPACE),
  inDecide('large buffer', 'return new ArrayBuffer(2 ** 31);', ...SPACE),
  inDecide('many buffers', 'const all = []; for (;;) all.push(new Uint8Array(2 ** 20));', ...SPACE),
  inDecide('map that grows', 'const map = new Map(); for (let i = 0; ; i++) map.set(i, { i });', ...SPACE),
  inDecide('closures that keep all', 'let f = () => 0; for (;;) { const g = f; f = () => g; }', ...SPACE),
  inDecide('large repeat', "return 'abc'.repeat(2 ** 28);", ...SPACE),
  inDecide('padded to a giant', "return 'a'.padEnd(2 ** 30 - 1, 'xyz');", ...SPACE),
  inDecide('join of a sparse giant', "return new Array(2 ** 28).join('long');", ...SPACE),
  inDecide(
    'template that explodes',
    "let s = 'ab'; for (let i = 0; i < 64; i++) s = `${s}${s}`; return s;",
    ...SPACE,
  ),
  outside(
    'memory while it is loaded',
    'const all = []; for (;;) all.push(new Array(1e5).fill(1));',
    ...SPACE,
  ),
];

const OUTPUT: readonly HostileScript[] = [
  answering(
    'reason of megabytes',
    `{ action: 'stay', reason: 'x'.repeat(8e6), confidence: 1 }`,
    'engine-failed',
  ),
  answering('reason of some kilobytes', `{ action: 'stay', reason: 'x'.repeat(5e3), confidence: 1 }`),
  inDecide(
    'candidates without number',
    `return { ...${STAY}, candidates: Array.from({ length: 1e5 }, (_, i) => ({ poolId: 'p' + i })) };`,
    ...TIME,
    ...FAILED,
  ),
  inDecide(
    'ten thousand candidates',
    `return { ...${STAY}, candidates: Array.from({ length: 1e4 }, (_, i) => ({ poolId: 'p' + i })) };`,
    'engine-invalid-proposal',
  ),
  inDecide(
    'deep answer',
    'let x = []; for (let i = 0; i < 1e5; i++) x = [x]; return x;',
    ...FAILED,
    ...SPACE,
    'engine-crashed',
  ),
  inDecide(
    'deep but sendable',
    `let x = 1; for (let i = 0; i < 800; i++) x = [x]; return { ...${STAY}, extra: x };`,
    'contained',
    ...FAILED,
  ),
  inDecide('answer that contains itself', 'const x = {}; x.x = x; return x;', ...FAILED),
  answering('toJSON that throws', "{ toJSON() { throw new Error('no'); } }", 'engine-failed'),
  answering('nothing', 'undefined', 'engine-failed'),
  answering('a function', 'decide', 'engine-failed'),
  answering('a symbol', 'Symbol()', 'engine-failed'),
  answering('a promise', 'new Promise(() => {})', 'engine-failed'),
  answering('something with then', `{ then() {}, ...${STAY} }`, 'contained'),
  answering('a text', "'stay'"),
  answering('null', 'null'),
  answering('a list', '[]'),
  answering('an unknown action', "{ action: 'terminate_all', reason: 'x', confidence: 1 }"),
  answering('confidence that is no number', "{ action: 'stay', reason: 'x', confidence: NaN }"),
  answering('confidence without end', "{ action: 'stay', reason: 'x', confidence: Infinity }"),
  answering('confidence of two', "{ action: 'stay', reason: 'x', confidence: 2 }"),
  answering('no reason', "{ action: 'stay', confidence: 1 }"),
  answering(
    'target that nobody knows',
    "{ action: 'switch_to_spot', target: { mode: 'spot', poolId: 'x9.huge.moon-1a' }, reason: 'x', confidence: 1 }",
  ),
  answering('switch without a target', "{ action: 'switch_to_spot', reason: 'x', confidence: 1 }"),
  answering(
    'target of the wrong mode',
    "{ action: 'switch_to_ondemand', target: { mode: 'spot', poolId: observation.pools[0].poolId }, reason: 'x', confidence: 1 }",
  ),
  answering(
    'stay with a target',
    "{ action: 'stay', target: { mode: 'spot', poolId: observation.pools[0].poolId }, reason: 'x', confidence: 1 }",
  ),
  answering(
    'standby that nobody knows',
    `{ ...${STAY}, standby: { mode: 'spot', poolId: '../../etc/passwd' } }`,
  ),
  answering('replica without a place', "{ action: 'create_replica', reason: 'x', confidence: 1 }"),
  answering(
    'negative expected price',
    `{ ...${STAY}, candidates: [{ poolId: observation.pools[0].poolId, expectedUsdPerHour: -5 }] }`,
  ),
  answering(
    'risk beyond one',
    `{ ...${STAY}, candidates: [{ poolId: observation.pools[0].poolId, risk: 7 }] }`,
  ),
  answering(
    'the same candidate twice',
    `{ ...${STAY}, candidates: [1, 2].map(() => ({ poolId: observation.pools[0].poolId })) }`,
  ),
  answering(
    'unknown rejection',
    `{ ...${STAY}, candidates: [{ poolId: observation.pools[0].poolId, rejectedBecause: ['because'] }] }`,
  ),
];

const ESCAPES: readonly HostileScript[] = [
  ...[
    'require("fs")',
    'process.exit(1)',
    'process.env.PATH',
    'fetch("http://127.0.0.1/")',
    'new Worker("x")',
  ].map((code) => inDecide(code, `return ${code};`, ...FAILED)),
  ...[
    'new SharedArrayBuffer(1e9)',
    'WebAssembly.compile(new Uint8Array(8))',
    'setTimeout(() => {}, 0)',
    'Deno.exit()',
  ].map((code) => inDecide(code, `return ${code};`, ...FAILED)),
  inDecide(
    'dynamic import',
    "return import('node:fs').then((fs) => fs.readFileSync('/etc/passwd'));",
    ...FAILED,
  ),
  outside('static import', "import fs from 'node:fs';", ...FAILED),
  outside('await outside of functions', 'await new Promise(() => {});', ...FAILED),
  inDecide(
    'constructor of the constructor',
    "return decide.constructor('return process')().exit(1);",
    ...FAILED,
  ),
  inDecide(
    'constructor of what the host gave',
    "return observation.constructor.constructor('return process')().env;",
    ...FAILED,
  ),
  inDecide('indirect eval', "return (0, eval)('process').mainModule.require('fs');", ...FAILED),
  inDecide(
    'stack of an error',
    "Error.prepareStackTrace = (e, s) => s[0].getThis().process.exit(1); return new Error('x').stack.process.env;",
    ...FAILED,
  ),
  inDecide(
    'caller of the function',
    'return decide.caller.constructor("return process")().exit();',
    ...FAILED,
  ),
  inDecide(
    'prototype of all objects',
    `Object.prototype.target = { mode: 'spot', poolId: 'evil' }; Object.prototype.toJSON = () => ({ action: 'x' }); return ${STAY};`,
    'engine-invalid-proposal',
  ),
  inDecide(
    'own key of the prototype',
    `return JSON.parse('{"action":"stay","reason":"x","confidence":1,"__proto__":{"polluted":1}}');`,
    'contained',
  ),
  inDecide(
    'JSON replaced',
    `JSON.stringify = () => 'not json'; JSON.parse = () => 1; return ${STAY};`,
    'contained',
  ),
  inDecide(
    'prototypes of lists frozen',
    `Array.prototype.push = () => { throw 1; }; Object.freeze(Array.prototype); return ${STAY};`,
    'contained',
  ),
  inDecide('thrown proxy', 'throw new Proxy({}, { get() { throw 2; } });', ...FAILED),
  inDecide(
    'thrown error with a hostile message',
    'const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;) {} } }); throw e;',
    ...TIME,
    ...FAILED,
  ),
  inDecide('thrown giant', "throw new Error('x'.repeat(1e6));", ...FAILED),
  inDecide('debugger', `debugger; return ${STAY};`, 'contained'),
];

const FILES: readonly HostileScript[] = [
  { name: 'syntax error', source: 'export function decide( {', fates: FAILED },
  { name: 'no decide', source: `${HEAD}export function choose() {}`, fates: FAILED },
  { name: 'decide is no function', source: `${HEAD}export const decide = 1;`, fates: FAILED },
  { name: 'a module of another kind', source: 'module.exports = { decide() {} };', fates: FAILED },
  { name: 'parentheses without end', source: '('.repeat(100_000), fates: [...FAILED, 'engine-crashed'] },
  {
    name: 'a long literal',
    source: `${HEAD}export const decide = [${'[],'.repeat(60_000)}];`,
    fates: FAILED,
  },
  { name: 'zero bytes', source: '\0'.repeat(1_000), fates: FAILED },
];

export const HOSTILE_SCRIPTS: readonly HostileScript[] = [
  ...LOOPS,
  ...MEMORY,
  ...OUTPUT,
  ...ESCAPES,
  ...FILES,
];
