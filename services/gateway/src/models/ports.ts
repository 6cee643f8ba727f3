/** One part of a multipart body, in the order of its arrival. A file has to be read before the next part comes. */
export type UploadPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'file';
      readonly fieldName: string;
      readonly fileName: string;
      readonly content: AsyncIterable<Uint8Array>;
      /** After the end: more was sent than is taken. */
      readonly isTruncated: () => boolean;
      /** Nobody wants it. */
      readonly ignore: () => void;
    };

/** A multipart body that nobody has begun to read. */
export interface UploadedParts {
  /** Of the whole body; null when the sender does not say. */
  readonly contentLength: number | null;
  /**
   * The parts as they arrive, of which no file is read further than that.
   * @throws AppError `invalid-request` (permanent) for a body that is none, is cut off, or has too many parts
   */
  read(maxFileBytes: number): AsyncIterable<UploadPart>;
  /** What is left runs into nothing, so that its connection can carry the answer. */
  drain(): void;
}
