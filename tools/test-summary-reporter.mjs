import { writeFileSync } from 'node:fs';

/** Leaves the totals of a run for the command that prints the last line. A suite that cannot load is a failure. */
export default class TestSummaryReporter {
  onRunComplete(_contexts, results) {
    const path = process.env.SPOTOPT_TEST_SUMMARY;
    if (path === undefined) return;
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(path, JSON.stringify(summary));
  }
}
