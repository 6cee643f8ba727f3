import { exportHelpFor } from '../runtime/foreign-formats.js';
import { isAcceptedName } from './file-rules.js';

/** Why a file of this name is not taken, with the way out; null for one that is. */
export function refusalOf(fileName: string): string | null {
  if (isAcceptedName(fileName)) return null;
  return (
    exportHelpFor(fileName) ??
    `${fileName}: not a kind of file that is taken; expected .onnx, .js, and manifest.json`
  );
}
