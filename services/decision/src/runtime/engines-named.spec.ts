import { describe, expect, it } from '@jest/globals';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { StayEngine } from '../engine/ports.js';
import { BuiltinRunner } from './builtin-runner.js';
import { enginesNamed } from './engines-named.js';

describe('built-in engines by name', () => {
  const builtins = [new BuiltinRunner(new SeedRuleEngine()), new BuiltinRunner(new StayEngine())];

  it.each([
    ['none', []],
    ['stay', ['stay']],
    [' stay , seed-rule,stay', ['stay', 'seed-rule']],
  ])('%s', (list, names) => {
    expect(enginesNamed(list, builtins).map(({ ref }) => ref.name)).toEqual(names);
  });

  it('says which ones there are', () => {
    expect(() => enginesNamed('hazzard', builtins)).toThrow(
      'SHADOW_ENGINES names hazzard, but the built-in engines are seed-rule, stay',
    );
  });
});
