// Loaded into a measured process: says at its end how large it ever was.
import { writeFileSync } from 'node:fs';

const file = process.env.NAAP_BENCH_PEAK_FILE;
if (file) process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS * 1024)));
