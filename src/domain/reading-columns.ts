import { formatMicro } from './micro.js';
import type { ReadingSums } from './readings.js';
import type { ReadingColumns } from './rollup-source-rows.js';

/** The columns of a row in which nothing was read. */
export const NO_READINGS: ReadingColumns = {
  txSampleCount: 0,
  txBytesSum: '0',
  txMsSum: 0,
  rxSampleCount: 0,
  rxBytesSum: '0',
  rxMsSum: 0,
  gpuUtilisationSampleCount: 0,
  gpuUtilisationSum: '0',
  flopsSampleCount: 0,
  achievedFlopsSum: '0',
  peakFlopsSum: '0',
};

export function readingColumns({ tx, rx, gpu }: ReadingSums): ReadingColumns {
  return {
    txSampleCount: tx.samples,
    txBytesSum: String(tx.bytes),
    txMsSum: tx.ms,
    rxSampleCount: rx.samples,
    rxBytesSum: String(rx.bytes),
    rxMsSum: rx.ms,
    gpuUtilisationSampleCount: gpu.utilisationCount,
    gpuUtilisationSum: formatMicro(gpu.utilisationSum),
    flopsSampleCount: gpu.flopsCount,
    achievedFlopsSum: String(gpu.achievedFlops),
    peakFlopsSum: String(gpu.peakFlops),
  };
}
