import { resolve } from 'node:path';
import { isAppError } from '@spotopt/kernel';
import { describeReport, parseArguments, testEngine, USAGE } from './engine-test.js';

/** Paths are those of the shell that started npm. */
const here = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

const wanted = parseArguments(process.argv.slice(2));
if (wanted === null) {
  process.stderr.write(USAGE);
  process.exitCode = 64;
} else {
  const { file, manifest, observation, timeoutMs } = wanted;
  const paths = {
    file: here(file),
    manifest: manifest === null ? null : here(manifest),
    observation: observation === null ? null : here(observation),
    timeoutMs,
  };
  try {
    const report = await testEngine(paths, (incident) => {
      process.stderr.write(`${JSON.stringify(incident)}\n`);
    });
    process.stdout.write(describeReport(report));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = isAppError(error) ? `${error.code} (${JSON.stringify(error.details)}): ` : '';
    process.stderr.write(`refused: ${why}${error.message}\n`);
    process.exitCode = 1;
  }
}
