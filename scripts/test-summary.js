// Prints `N passed, N failed` (`, N skipped`) from a Vitest JSON report and exits as the test run did.
// A run that ended badly without a failing test (a broken setup, a file that does not load) counts as one failure.
import { readFileSync } from 'node:fs';

const [, , reportPath, statusText] = process.argv;
const status = Number(statusText);

function readReport() {
  try {
    return JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}

const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests } = readReport();
const failed = status !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
const skipped = numPendingTests + numTodoTests;
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed > 0 ? 1 : passed > 0 ? 0 : 1);
