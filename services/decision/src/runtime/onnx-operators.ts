/** Operators whose results are no larger than their inputs and weights make them, and that look at nothing else. */
const STANDARD = `
  Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast CastLike Ceil Celu
  Clip Concat Constant Cos Cosh CumSum Div Dropout Elu Equal Erf Exp Flatten Floor Gather GatherElements Gelu Gemm
  Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN
  LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul Max Mean
  MeanVarianceNormalization Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSum
  ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape
  Sigmoid Sign Sin Sinh Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu
  TopK Transpose Unsqueeze Where Xor
`;

/** Classical models, as exporters of scikit-learn, XGBoost and LightGBM write them. */
const CLASSICAL = `
  ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LinearClassifier LinearRegressor Normalizer SVMClassifier
  SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor
`;

const setOf = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/));

interface Domain {
  /** As the format writes it; the empty name is `ai.onnx`. */
  readonly versions: readonly [oldest: number, newest: number];
  readonly operators: ReadonlySet<string>;
}

export const DOMAINS: Readonly<Record<string, Domain>> = {
  '': { versions: [7, 25], operators: setOf(STANDARD) },
  'ai.onnx.ml': { versions: [1, 5], operators: setOf(CLASSICAL) },
};

const CONTROL_FLOW = setOf('If Loop Scan SequenceMap');
const GROWING = setOf(
  'ConstantOfShape Expand Tile Resize Upsample Range Pad NonZero OneHot EyeLike Compress CenterCropPad ConvTranspose ' +
    'Einsum MaxUnpool GridSample AffineGrid Col2Im DFT STFT Unique RandomNormal RandomUniform RandomNormalLike ' +
    'RandomUniformLike Multinomial Bernoulli',
);

/** Why an operator is not taken, and what to do; the name is shown as far as it is one. */
export function refusedOperator(name: string): string {
  const shown = /^\w{1,60}$/.test(name) ? name : 'with a strange name';
  if (name === 'ZipMap') {
    return 'The operator ZipMap makes a map. Export with options={id(model): {"zipmap": False}} and one column as output.';
  }
  if (CONTROL_FLOW.has(name))
    return `The operator ${shown} runs a graph of its own; loops and branches are not taken.`;
  if (GROWING.has(name)) {
    return `The size of what the operator ${shown} makes is not bound by the model's inputs, or it draws lots; it is not taken.`;
  }
  return `The operator ${shown} is not among those that are taken; see docs/engines.md.`;
}
