import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {...string} parts */
export const inRoot = (...parts) => join(ROOT, ...parts);

export const TSC = inRoot('node_modules', 'typescript-7', 'bin', 'tsc');
export const JEST = inRoot('node_modules', 'jest', 'bin', 'jest.js');
