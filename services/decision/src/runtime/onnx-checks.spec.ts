import { describe, expect, it } from '@jest/globals';
import { manifestOf } from './manifest.js';
import { checkModel } from './onnx-checks.js';
import {
  forestModel,
  LOGISTIC,
  logisticModel,
  manifestSample,
  modelWith,
  node,
} from './onnx-samples.contract.js';

const ports = manifestOf(manifestSample());

describe('checks of a model without running it', () => {
  it('accepts a logistic regression and says what is in it', () => {
    expect(checkModel(logisticModel(), ports)).toEqual({
      operators: ['Add', 'MatMul', 'Sigmoid'],
      opset: { '': 17 },
      parameters: 4,
      producer: 'samples',
    });
  });

  it('refuses Dropout that draws lots, and takes it where it does nothing', () => {
    const withDropout = (...inputs: string[]): Uint8Array =>
      modelWith({ ...LOGISTIC, node: [...LOGISTIC.node, node('Dropout', inputs, ['kept'])] });
    expect(() => checkModel(withDropout('logit', '', 'logit'), ports)).toThrow(/draws lots/);
    expect(checkModel(withDropout('logit'), ports).operators).toContain('Dropout');
  });

  it('accepts a forest of the standard machine learning domain', () => {
    const facts = checkModel(forestModel(20), ports);
    expect(facts).toMatchObject({ operators: ['TreeEnsembleRegressor'], opset: { '': 17, 'ai.onnx.ml': 3 } });
  });
});
