#!/usr/bin/env node
// TypeScript is loaded in this very process: no build step, no child process, so a signal reaches the program itself.
import { register } from 'tsx/esm/api';

register();
await import('../src/cli/main.ts');
