import protobuf from 'protobufjs/light.js';

type Field = readonly [id: number, type: string, rule?: 'repeated'];

/** Messages and fields of the ONNX format (onnx.proto of IR version 12), numbers and names as published there. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ModelProto: {
    ir_version: [1, 'int64'],
    producer_name: [2, 'string'],
    producer_version: [3, 'string'],
    domain: [4, 'string'],
    model_version: [5, 'int64'],
    doc_string: [6, 'string'],
    graph: [7, 'GraphProto'],
    opset_import: [8, 'OperatorSetIdProto', 'repeated'],
    metadata_props: [14, 'StringStringEntryProto', 'repeated'],
    training_info: [20, 'bytes', 'repeated'],
    functions: [25, 'bytes', 'repeated'],
    configuration: [26, 'bytes', 'repeated'],
  },
  GraphProto: {
    node: [1, 'NodeProto', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'repeated'],
    doc_string: [10, 'string'],
    input: [11, 'ValueInfoProto', 'repeated'],
    output: [12, 'ValueInfoProto', 'repeated'],
    value_info: [13, 'ValueInfoProto', 'repeated'],
    quantization_annotation: [14, 'bytes', 'repeated'],
    sparse_initializer: [15, 'bytes', 'repeated'],
    metadata_props: [16, 'StringStringEntryProto', 'repeated'],
  },
  NodeProto: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    op_type: [4, 'string'],
    attribute: [5, 'AttributeProto', 'repeated'],
    doc_string: [6, 'string'],
    domain: [7, 'string'],
    overload: [8, 'string'],
    metadata_props: [9, 'StringStringEntryProto', 'repeated'],
    device_configurations: [10, 'bytes', 'repeated'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'bytes'],
    floats: [7, 'float', 'repeated'],
    ints: [8, 'int64', 'repeated'],
    strings: [9, 'bytes', 'repeated'],
    tensors: [10, 'TensorProto', 'repeated'],
    graphs: [11, 'bytes', 'repeated'],
    doc_string: [13, 'string'],
    tp: [14, 'bytes'],
    type_protos: [15, 'bytes', 'repeated'],
    type: [20, 'int32'],
    ref_attr_name: [21, 'string'],
    sparse_tensor: [22, 'bytes'],
    sparse_tensors: [23, 'bytes', 'repeated'],
  },
  TensorProto: {
    dims: [1, 'int64', 'repeated'],
    data_type: [2, 'int32'],
    segment: [3, 'bytes'],
    float_data: [4, 'float', 'repeated'],
    int32_data: [5, 'int32', 'repeated'],
    string_data: [6, 'bytes', 'repeated'],
    int64_data: [7, 'int64', 'repeated'],
    name: [8, 'string'],
    raw_data: [9, 'bytes'],
    double_data: [10, 'double', 'repeated'],
    uint64_data: [11, 'uint64', 'repeated'],
    doc_string: [12, 'string'],
    external_data: [13, 'StringStringEntryProto', 'repeated'],
    data_location: [14, 'int32'],
    metadata_props: [16, 'StringStringEntryProto', 'repeated'],
  },
  ValueInfoProto: {
    name: [1, 'string'],
    type: [2, 'TypeProto'],
    doc_string: [3, 'string'],
    metadata_props: [4, 'StringStringEntryProto', 'repeated'],
  },
  TypeProto: {
    tensor_type: [1, 'TensorTypeProto'],
    sequence_type: [4, 'bytes'],
    map_type: [5, 'bytes'],
    denotation: [6, 'string'],
    opaque_type: [7, 'bytes'],
    sparse_tensor_type: [8, 'bytes'],
    optional_type: [9, 'bytes'],
  },
  TensorTypeProto: { elem_type: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto', 'repeated'] },
  DimensionProto: { dim_value: [1, 'int64'], dim_param: [2, 'string'], denotation: [3, 'string'] },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
};

/**
 * The format as reflection. What no accepted model may contain (subgraphs, functions, sparse tensors, types other than
 * tensors) is declared as bytes: its presence is seen, and nothing of it is read.
 */
export const ONNX_SCHEMA = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([message, fields]) => [
      message,
      {
        fields: Object.fromEntries(
          Object.entries(fields).map(([name, [id, type, rule]]) => [
            name,
            rule === undefined ? { id, type } : { id, type, rule, options: { packed: false } },
          ]),
        ),
      },
    ]),
  ),
}).resolveAll();
